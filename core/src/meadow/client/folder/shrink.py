"""Making photographs smaller before they are sent: a network sees a few hundred pixels of them anyway.

A photograph of 12 megapixels comes down to a hundredth of its bytes. Decoding it small costs no more here than it would
cost the worker, and encoding it again less than its bytes would cost on their way.
"""

import io
import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import PurePath

from meadow.limits import Limits

JPEG_FORMATS = ("JPEG", "MPO")
JPEG_SUFFIXES = frozenset({".jpg", ".jpeg"})
QUALITY = 92
LONGEST = 2
"""Longer side of a usual photograph at most, in shorter ones. At that quality a pixel has less than a byte."""


MARGIN = 1.5
"""How much larger than asked for a photograph may stay: reducing it further costs more than its bytes."""
WORTHWHILE_BYTES = 2 * 1024 * 1024
"""From here on, decoding a photograph here costs less than its bytes cost on their way through the services."""


@dataclass(frozen=True)
class Shrinking:
    """Which photographs are made smaller, and how small."""

    shorter_side: int
    """In pixels."""
    from_bytes: int = 0
    """Smaller files are sent as they are."""

    @classmethod
    def advised(cls, limits: Limits) -> "Shrinking | None":
        """What makes a run faster, as the gateway advises; None where it does not, or Pillow is not installed.

        Always the same, whether or not the registry can say which model answers: by it, an interrupted run is found.
        """
        return cls(limits.shrink_pixels, WORTHWHILE_BYTES) if limits.shrink_pixels and can_shrink() else None

    def planned_bytes(self, name: str, size: int) -> int:
        """How large a file is when it is sent, about and seldom more: only JPEGs are made smaller."""
        is_jpeg = PurePath(name).suffix.lower() in JPEG_SUFFIXES
        return min(size, LONGEST * self.shorter_side**2) if is_jpeg and size >= self.from_bytes else size


class ShrinkError(Exception):
    """The bytes are no photograph that can be read here."""


def can_shrink() -> bool:
    """Whether Pillow is installed, which the client alone does not need."""
    return find_spec("PIL") is not None


def shrink(body: bytes, shorter_side: int) -> bytes:
    """Bring a photograph down to at least so many pixels on its shorter side, upright; a smaller one stays as it is.

    Raises:
        ShrinkError: It is no JPEG, or a damaged one.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - an extra

    try:
        with Image.open(io.BytesIO(body), formats=JPEG_FORMATS) as image:
            scale = shorter_side / min(image.size)
            if scale >= 1:
                return body
            size = (math.ceil(image.width * scale), math.ceil(image.height * scale))
            # Decodes at the smallest of a half, a quarter and an eighth that is large enough: that saves most of it.
            image.draft("RGB", size)
            if min(image.size) > MARGIN * shorter_side:
                image.thumbnail(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except Exception as error:  # what a decoder raises on bad bytes is an open set
        raise ShrinkError(str(error)) from error
    target = io.BytesIO()
    upright.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()
