"""The error for bytes that are not classified."""

from meadow.errors import MeadowError
from meadow.schemas.problems import ProblemCode


class ImageRejectedError(MeadowError):
    """The bytes are not an image that we classify; `code` says of which kind the fault is."""

    def __init__(self, code: ProblemCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def damaged(detail: str) -> ImageRejectedError:
    """Make the error for an image of a readable type whose bytes are damaged."""
    return ImageRejectedError(ProblemCode.IMAGE_UNDECODABLE, detail)


def too_many_pixels(width: int, height: int, max_pixels: int, advice: str = "") -> ImageRejectedError:
    """Make the error for an image that is larger than what is decoded."""
    return ImageRejectedError(
        ProblemCode.TOO_MANY_PIXELS,
        f"The image has {width} x {height} pixels; at most {max_pixels:,} are accepted{advice}.",
    )
