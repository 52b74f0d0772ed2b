"""From bytes to pixels, with the checks that keep a hostile or broken file from doing harm."""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from meadow.problems import ProblemType, ProblemTypes

READABLE_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")


class ImageRejectedError(Exception):
    """The bytes are not an image that we classify; `problem` says of which kind the fault is."""

    def __init__(self, problem: ProblemType, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True)
class ImageHeader:
    """What a file says of itself before any pixel is decoded."""

    format: str
    width: int
    height: int


def check_header(body: bytes, *, max_pixels: int) -> ImageHeader:
    """Check type and size from the header alone; no pixel is decoded.

    Raises:
        ImageRejectedError: Not one of the readable formats, no readable header, or more than `max_pixels`.
    """
    with open_image(body, max_pixels=max_pixels) as image:
        return ImageHeader(image.format or "", image.width, image.height)


def open_image(body: bytes, *, max_pixels: int) -> Image.Image:
    """Open an image lazily: the header is read and checked, the pixels are not.

    Raises:
        ImageRejectedError: As for `check_header`.
    """
    if not body:
        raise ImageRejectedError(ProblemTypes.IMAGE_UNDECODABLE, "The file is empty.")
    try:
        image = Image.open(io.BytesIO(body), formats=READABLE_FORMATS)
    except UnidentifiedImageError as error:
        readable = ", ".join(READABLE_FORMATS)
        raise ImageRejectedError(
            ProblemTypes.UNSUPPORTED_TYPE, f"The bytes are not an image of a type we read ({readable})."
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageRejectedError(
            ProblemTypes.TOO_MANY_PIXELS, f"The image has far too many pixels; at most {max_pixels:,} are accepted."
        ) from error
    except Exception as error:  # what the readers of six formats raise on bad bytes is an open set
        raise ImageRejectedError(ProblemTypes.IMAGE_UNDECODABLE, f"The image's header is damaged: {error}.") from error
    if image.width * image.height > max_pixels:
        raise ImageRejectedError(
            ProblemTypes.TOO_MANY_PIXELS,
            f"The image has {image.width} x {image.height} pixels; at most {max_pixels:,} are accepted.",
        )
    return image
