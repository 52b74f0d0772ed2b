"""Reading a region of an image as a square of pixels: upright, RGB, resized in one step."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from meadow.imaging.opened import open_image
from meadow.imaging.orientation import EXIF_ORIENTATION, SIDEWAYS
from meadow.imaging.turning import turned_upright

__all__ = ["EXIF_ORIENTATION", "Box", "DecodedImage", "central_square", "read_region", "whole_frame"]

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

# A reduction by whole factors first, then the exact resize, as long as the intermediate
# image keeps this many times the target's pixels a side: visually the same, several times faster.
REDUCING_GAP = 2.0


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
    opened = open_image(body, max_pixels=max_pixels)
    with opened.image:
        left, top, right, bottom = region(opened.width, opened.height)
        scale = size / min(right - left, bottom - top)
        loaded = opened.load((opened.width * scale, opened.height * scale))
        square = loaded.image.resize(
            (size, size), Image.Resampling.BILINEAR, box=region(*loaded.extent), reducing_gap=REDUCING_GAP
        ).convert("RGB")
    width, height = opened.width, opened.height
    if opened.orientation in SIDEWAYS:
        width, height = height, width
    # Turning the square is much cheaper than turning the image.
    return DecodedImage(pixels=np.asarray(turned_upright(square, opened.orientation)), width=width, height=height)


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
