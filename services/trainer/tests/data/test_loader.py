"""Image loader: whole images for training, served preprocessing for evaluation, undecodable files skipped."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from meadow.schemas.dataset_manifest import DatasetEntry
from meadow_core.bundle.preprocess import Preprocessing, load_pixels
from meadow_core.bundle.region import read_region, whole_frame
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.errors import TrainingDataError

MAX_PIXELS = 1_000_000


def _png(colour: tuple[int, int, int], size: tuple[int, int] = (40, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


BODIES = {
    "red.png": _png((255, 0, 0)),
    "blue.png": _png((0, 0, 255)),
    "broken.png": b"\x89PNG\r\n\x1a\nrest is missing",
}


def _entry(name: str, label: str) -> DatasetEntry:
    return DatasetEntry(sha256=hashlib.sha256(BODIES[name]).hexdigest(), label=label, source=f"{label}/{name}")


def _loader() -> ImageLoader:
    return ImageLoader(lambda entry: BODIES[entry.source.split("/")[1]], ("cold", "warm"), max_pixels=MAX_PIXELS)


def test_undecodable_image_is_skipped_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    loader = _loader()
    entries = [_entry("broken.png", "cold"), _entry("blue.png", "cold"), _entry("red.png", "warm")]
    images = loader.for_training(entries, 32)
    assert images.labels.tolist() == [0, 1]
    assert [one.source for one in loader.skipped] == ["cold/broken.png"]
    assert "cold/broken.png" in caplog.text


def test_skipped_image_read_twice_is_reported_once() -> None:
    loader = _loader()
    for _ in range(2):
        loader.for_evaluation([_entry("broken.png", "cold")], Preprocessing(size=32))
    assert len(loader.skipped) == 1


def test_class_without_decodable_images_raises() -> None:
    with pytest.raises(TrainingDataError, match="No image of class cold"):
        _loader().for_training([_entry("broken.png", "cold"), _entry("red.png", "warm")], 32)


def test_training_images_keep_aspect_ratio() -> None:
    images = _loader().for_training([_entry("blue.png", "cold"), _entry("red.png", "warm")], 32)
    assert images.aspects.tolist() == [2.0, 2.0]
    assert images.pixels.shape == (2, 3, 40, 40)
    assert images.pixels[1, :, 5, 5].tolist() == [255, 0, 0]


def test_evaluation_pixels_equal_served_preprocessing() -> None:
    preprocessing = Preprocessing(size=32, crop_fraction=0.8)
    images = _loader().for_evaluation([_entry("red.png", "warm")], preprocessing)
    served = load_pixels(BODIES["red.png"], preprocessing, max_pixels=MAX_PIXELS).pixels
    assert np.array_equal(images.pixels[0], served)
    assert images.labels.tolist() == [1]


def test_training_image_is_upright_and_uncropped() -> None:
    image = Image.new("RGB", (60, 20), "black")
    image.paste("white", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    decoded = read_region(buffer.getvalue(), 30, whole_frame, max_pixels=MAX_PIXELS)
    assert (decoded.width, decoded.height) == (20, 60)
    assert decoded.pixels[2].mean() > 200
    assert decoded.pixels[-3].mean() < 50


def test_transparent_pixels_become_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(buffer, "PNG")
    pixels = read_region(buffer.getvalue(), 8, whole_frame, max_pixels=MAX_PIXELS).pixels
    assert (pixels == 255).all()
