"""Local folder as a data set: duplicates, conflicting labels and unusable files."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from meadow.schemas.rejection import Reason
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.errors import TrainingDataError

MAX_PIXELS = 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of four distinct images."""
    for label, hues in (("bee", range(0, 120, 30)), ("fly", range(130, 250, 30))):
        (tmp_path / label).mkdir()
        for hue in hues:
            _picture(hue).save(tmp_path / label / f"{hue}.png")
    return tmp_path


def _picture(seed: int) -> Image.Image:
    patches = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((96, 96), Image.Resampling.BICUBIC)


def test_source_reads_bytes_of_its_entries(folder: Path) -> None:
    source = folder_source(folder, max_pixels=MAX_PIXELS)
    assert source.manifest.classes == ("bee", "fly")
    assert len(source.manifest.entries) == 8
    assert source.rejected == ()
    for entry in source.manifest.entries:
        assert hashlib.sha256(source.read(entry)).hexdigest() == entry.sha256


def test_duplicates_in_other_encodings_count_once(folder: Path) -> None:
    """Otherwise one copy could be a training image and the other in the hold-out."""
    with Image.open(folder / "bee" / "0.png") as image:
        image.resize((64, 64)).save(folder / "bee" / "small.png")
        image.save(folder / "bee" / "copy.jpg", quality=80)
    source = folder_source(folder, max_pixels=MAX_PIXELS)
    copies = {"bee/0.png", "bee/small.png", "bee/copy.jpg"}
    (taken,) = copies & {one.source for one in source.manifest.entries}
    assert taken != "bee/small.png", "it is not the largest"
    assert {one.name: one.reason for one in source.rejected} == dict.fromkeys(copies - {taken}, Reason.NEAR_DUPLICATE)


def test_image_with_two_labels_is_rejected(folder: Path) -> None:
    (folder / "fly" / "same.png").write_bytes((folder / "bee" / "0.png").read_bytes())
    source = folder_source(folder, max_pixels=MAX_PIXELS)
    assert len(source.manifest.entries) == 7
    assert [one.reason for one in source.rejected] == [Reason.CONFLICTING_LABELS] * 2


def test_blank_and_non_image_files_are_rejected(folder: Path) -> None:
    Image.new("RGB", (50, 50), "green").save(folder / "bee" / "empty.png")
    (folder / "fly" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    _picture(7).resize((1200, 1200)).save(folder / "fly" / "large.png")
    source = folder_source(folder, max_pixels=MAX_PIXELS)
    assert len(source.manifest.entries) == 8
    assert {one.name: one.reason for one in source.rejected} == {
        "bee/empty.png": Reason.NEAR_EMPTY,
        "fly/broken.jpg": Reason.UNDECODABLE,
        "fly/large.png": Reason.TOO_MANY_PIXELS,
    }


def test_class_without_usable_images_raises_with_reason(folder: Path) -> None:
    for path in (folder / "fly").iterdir():
        path.write_bytes(b"\x89PNG and no more")
    with pytest.raises(TrainingDataError, match=r"class fly.*fly/130\.png"):
        folder_source(folder, max_pixels=MAX_PIXELS)


def test_empty_class_folder_is_ignored_with_warning(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "wasp").mkdir()
    assert "wasp" not in folder_source(folder, max_pixels=MAX_PIXELS).manifest.classes
    assert "Folder wasp holds no images and is no class." in caplog.text
