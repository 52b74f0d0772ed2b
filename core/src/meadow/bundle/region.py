"""Reading a region of an image as a square of pixels: upright, RGB, resized in one step."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from meadow.bundle.decode import ImageRejectedError, open_image
from meadow.problems import ProblemTypes

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

# A reduction by whole factors first, then the exact resize, as long as the intermediate
# image keeps this many times the target's pixels a side: visually the same, several times faster.
REDUCING_GAP = 2.0
EXIF_ORIENTATION = 0x0112
EXIF_FORMATS = frozenset({"JPEG", "MPO", "PNG", "WEBP"})
"""Without TIFF, which Pillow turns upright by itself."""
SCALED_FORMATS = frozenset({"JPEG", "MPO"})
"""Decoded at a reduced scale; MPO is a JPEG that carries further pictures, as many phones write it."""
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings an image of each EXIF orientation upright."""
SIDEWAYS_ORIENTATIONS = frozenset({5, 6, 7, 8})
STRIP_PIXELS = 1 << 20
"""Of a large image as many are converted at a time, which takes some megabytes."""


@dataclass(frozen=True)
class DecodedImage:
    """Pixels of shape (size, size, 3), dtype uint8, RGB; and the size that the upright image had."""

    pixels: NDArray[np.uint8]
    width: int
    height: int


def read_region(body: bytes, size: int, region: Callable[[float, float], Box], *, max_pixels: int) -> DecodedImage:
    """Decode a region of an image into a square.

    A JPEG is decoded at the smallest scale that still covers the square (`draft`): a photo of 12 megapixels
    costs a fifth of its full decoding.

    Args:
        body: The file's bytes.
        size: Side of the square, in pixels.
        region: Gives the region for an image of a width and height. The image may lie on its side, so the region
            must be the same however it is turned.
        max_pixels: Larger images are refused from their header.

    Raises:
        ImageRejectedError: The bytes are not a readable image.
    """
    with open_image(body, max_pixels=max_pixels) as image:
        width, height = image.size
        try:
            extent: tuple[float, float] = (width, height)
            if image.format in SCALED_FORMATS:
                left, top, right, bottom = region(width, height)
                scale = size / min(right - left, bottom - top)
                drafted = image.draft("RGB", (int(width * scale), int(height * scale)))
                # The decoder rounds a scaled image up to whole pixels; the picture itself ends within the last one.
                extent = drafted[1][2:] if drafted else extent
            image.load()
            seen = _as_seen(image)
            square = seen.resize(
                (size, size), Image.Resampling.BILINEAR, box=region(*extent), reducing_gap=REDUCING_GAP
            ).convert("RGB")
        except Exception as error:  # what the readers of six formats raise on bad bytes is an open set
            raise ImageRejectedError(
                ProblemTypes.IMAGE_UNDECODABLE, f"The image's pixels are damaged: {error}."
            ) from error
        turned = _orientation(image)
        if turned in UPRIGHT:
            # Turning the square is much cheaper than turning the image.
            square = square.transpose(UPRIGHT[turned])
        if turned in SIDEWAYS_ORIENTATIONS:
            width, height = height, width
        return DecodedImage(pixels=np.asarray(square), width=width, height=height)


def whole_frame(width: float, height: float) -> Box:
    """Take the whole image, squeezed to the square."""
    return 0, 0, width, height


def central_square(fraction: float) -> Callable[[float, float], Box]:
    """Take the square in the middle, its side a fraction of the image's shorter side."""

    def region(width: float, height: float) -> Box:
        side = min(width, height) * fraction
        left, top = (width - side) / 2, (height - side) / 2
        return left, top, left + side, top + side

    return region


def _orientation(image: Image.Image) -> int:
    """Read how the camera was held when it took a loaded image; damaged metadata is no reason to refuse one."""
    if image.format not in EXIF_FORMATS:
        return 1
    try:
        return int(image.getexif().get(EXIF_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - see above
        return 1


def _as_seen(image: Image.Image) -> Image.Image:
    """Convert to RGB or to grey, over white where the image is transparent; 16-bit grey keeps its high byte.

    Grey becomes RGB once it is small, which gives the same pixels and takes a quarter of the memory.
    """
    if image.mode.startswith("I"):
        return _in_strips(image, "L", _high_byte)
    if image.has_transparency_data:
        return _in_strips(image, "RGB", _over_white)
    return image if image.mode in {"RGB", "L"} else image.convert("RGB")


def _in_strips(image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Convert some rows at a time: of a large image, whole copies between the steps come to more than a gigabyte."""
    rows = max(STRIP_PIXELS // image.width, 1)
    if rows >= image.height:
        return convert(image)
    converted = Image.new(mode, image.size)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        converted.paste(convert(strip), (0, top))
    return converted


def _high_byte(image: Image.Image) -> Image.Image:
    shades = np.asarray(image)
    high_byte = np.clip(shades >> 8, 0, 255).astype(np.uint8)
    if "transparency" in image.info:
        high_byte[shades == image.info["transparency"]] = 255
    return Image.fromarray(high_byte)


def _over_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")
