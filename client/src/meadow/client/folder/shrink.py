"""Making photographs smaller before they are sent: a network sees a few hundred pixels of them anyway.

A photograph of 12 megapixels comes down to a hundredth of its bytes. Decoding it small costs no more here than it would
cost the worker, and encoding it again less than its bytes would cost on their way.
"""

import io
import math
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from meadow.errors import MeadowError
from meadow.image_files.types import JPEG_SUFFIXES, suffix_of
from meadow.schemas.limits import Limits

QUALITY = 92
LONGEST = 2
"""Longer side of a usual photograph at most, in shorter ones. At that quality a pixel has less than a byte."""


MARGIN = 1.5
"""How much larger than asked for a photograph may stay: reducing it further costs more than its bytes."""
WORTHWHILE_BYTES = 2 * 1024 * 1024
"""From here on, decoding a photograph here costs less than its bytes cost on their way through the services."""
READ_FACTOR = 4
"""A photograph that is made smaller may have so many times the bytes that the gateway takes: it is read into memory."""


@dataclass(frozen=True)
class Shrinking:
    """Which photographs are made smaller, and how small."""

    shorter_side: int
    """In pixels."""
    from_bytes: int = 0
    """Smaller files are sent as they are."""
    max_pixels: int = sys.maxsize
    """The gateway's limit, which counts here as there."""

    @classmethod
    def advised(cls, limits: Limits) -> "Shrinking | None":
        """What makes a run faster, as the gateway advises; None where it does not, or Pillow is not installed.

        Always the same, whether or not the registry can say which model answers: by it, an interrupted run is found.
        """
        if not limits.shrink_pixels or not can_shrink():
            return None
        return cls(limits.shrink_pixels, WORTHWHILE_BYTES, limits.max_image_pixels)

    def planned_bytes(self, name: str, size: int) -> int:
        """How large a file is when it is sent, about and seldom more: only JPEGs are made smaller."""
        is_jpeg = suffix_of(name) in JPEG_SUFFIXES
        return min(size, LONGEST * self.shorter_side**2) if is_jpeg and size >= self.from_bytes else size


class ShrinkError(MeadowError):
    """The bytes are no photograph that can be read here."""


def can_shrink() -> bool:
    """Whether Pillow is installed, which the client alone does not need."""
    return find_spec("PIL") is not None


def shrink(body: bytes, shorter_side: int, *, max_pixels: int = sys.maxsize) -> bytes:
    """Bring a photograph down to at least so many pixels on its shorter side, upright; a smaller one stays as it is.

    Raises:
        ShrinkError: It is no JPEG, a damaged one, or has more pixels than are accepted.
    """
    # Pillow is an extra.
    from PIL import Image  # noqa: PLC0415

    from meadow.imaging.opened import open_image  # noqa: PLC0415
    from meadow.imaging.turning import turned_upright  # noqa: PLC0415

    try:
        opened = open_image(body, max_pixels=max_pixels)
        if opened.format != "JPEG":
            raise ShrinkError(f"It is a {opened.format} image.")  # noqa: TRY301 - told like the other reasons
        scale = shorter_side / min(opened.width, opened.height)
        if scale >= 1:
            return body
        size = (math.ceil(opened.width * scale), math.ceil(opened.height * scale))
        image = opened.load(size).image
        if min(image.size) > MARGIN * shorter_side:
            image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
        target = io.BytesIO()
        turned_upright(image, opened.orientation).convert("RGB").save(target, "JPEG", quality=QUALITY)
    except Exception as error:  # what a decoder raises on bad bytes is an open set
        raise ShrinkError(str(error)) from error
    return target.getvalue()


def shrink_to_limit(body: bytes, limits: Limits) -> bytes:
    """Make a photograph smaller that has more bytes than the gateway takes; what cannot be stays as it is.

    So a photograph that is accepted in a folder is accepted by itself, too.
    """
    shrinking = Shrinking.advised(limits)
    if shrinking is None or not limits.max_image_bytes < len(body) <= READ_FACTOR * limits.max_image_bytes:
        return body
    try:
        return shrink(body, shrinking.shorter_side, max_pixels=limits.max_image_pixels)
    except ShrinkError:
        return body
