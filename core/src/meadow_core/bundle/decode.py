"""Checks of an image's header, before any pixel is decoded."""

from dataclasses import dataclass

from meadow.imaging.opened import open_image
from meadow.imaging.rejected import ImageRejectedError

__all__ = ["ImageHeader", "ImageRejectedError", "check_header"]


@dataclass(frozen=True)
class ImageHeader:
    """What a file says of itself before any pixel is decoded."""

    format: str
    width: int
    height: int


def check_header(body: bytes, *, max_pixels: int) -> ImageHeader:
    """Check type and size from the header alone; no pixel is decoded.

    Raises:
        ImageRejectedError: Not one of the readable formats, no readable header, or too many pixels.
    """
    opened = open_image(body, max_pixels=max_pixels, header_only=True)
    with opened.image:
        return ImageHeader(opened.format, opened.width, opened.height)
