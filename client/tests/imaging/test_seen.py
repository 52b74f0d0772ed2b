import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from meadow_core.bundle.region import DecodedImage

Encode = Callable[..., bytes]
Seen = Callable[..., DecodedImage]
Difference = Callable[[DecodedImage, Image.Image], float]


def tiff(values: NDArray[Any], **options: Any) -> bytes:  # noqa: ANN401 - as tifffile takes them
    target = io.BytesIO()
    tifffile.imwrite(target, values, **options)
    return target.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "YCbCr", "LAB", "P", "PA", "L", "LA", "1"])
def test_image_of_every_mode_keeps_its_colours(
    mode: str, photo: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    if mode == "LAB":
        lab = ImageCms.profileToProfile(
            photo, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
        assert lab
        stored = lab
    else:
        stored = photo.convert("LA" if mode == "LA" else "L" if mode == "PA" else mode)
        stored = stored.convert("PA") if mode == "PA" else stored
    meant = photo.convert("1" if mode == "1" else "L") if mode in {"L", "LA", "1", "PA"} else photo
    assert difference(seen(encode(stored, "TIFF")), meant) < (12 if mode == "P" else 3)


def test_sixteen_bits_a_colour_are_seen(photo: Image.Image, seen: Seen, difference: Difference) -> None:
    deep = np.asarray(photo).astype(np.uint16) * 257
    opaque = np.dstack([deep, np.full(deep.shape[:2], 65_535, np.uint16)])
    assert difference(seen(tiff(deep, photometric="rgb")), photo) < 1
    assert difference(seen(tiff(opaque, photometric="rgb", extrasamples=["unassalpha"])), photo) < 1


@pytest.mark.parametrize(
    "options",
    [
        {"bigtiff": True},
        {"planarconfig": "separate"},
        {"tile": (64, 64), "compression": "zlib"},
        {"byteorder": ">"},
        {"rowsperstrip": 7, "compression": "lzw"},
    ],
    ids=str,
)
def test_tiff_of_every_layout_is_seen_without_its_other_tags(
    options: dict[str, Any], photo: Image.Image, seen: Seen, difference: Difference
) -> None:
    pixels = np.asarray(photo)
    pixels = pixels.transpose(2, 0, 1) if "planarconfig" in options else pixels
    body = tiff(pixels, photometric="rgb", description="x" * 5000, software="y", resolution=(72, 72), **options)
    assert difference(seen(body), photo) < 1


def test_first_page_of_a_stack_is_seen(photo: Image.Image, seen: Seen, difference: Difference) -> None:
    grey = np.asarray(photo.convert("L"))
    body = tiff(np.stack([grey, 255 - grey, 255 - grey]), photometric="minisblack")
    assert difference(seen(body), photo.convert("L")) < 1


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "PNG", "WEBP", "GIF"])
def test_first_of_several_images_is_seen(
    kind: str, photo: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    body = encode(photo, kind, save_all=True, append_images=[Image.eval(photo, lambda value: 255 - value)])
    assert difference(seen(body), photo) < 8


def test_primary_image_of_a_heif_is_seen_although_it_is_not_the_first(
    photo: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    other = Image.eval(photo, lambda value: 255 - value)
    body = encode(other, "HEIF", save_all=True, append_images=[photo], primary_index=1)
    assert difference(seen(body), photo) < 4


def test_transparency_of_heif_and_avif_is_seen_over_white(encode: Encode, seen: Seen) -> None:
    clear = Image.new("RGBA", (80, 80), (255, 0, 0, 0))
    for kind in ("HEIF", "AVIF"):
        assert seen(encode(clear, kind)).pixels.min() > 245


def test_grid_of_tiles_is_seen_as_one_image(
    photo: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    assert difference(seen(encode(photo, "HEIF", tile_size=128)), photo) < 4
