"""Making photographs smaller before they are sent: a network sees a few hundred pixels of them anyway.

A photograph of 12 megapixels comes down to a hundredth of its bytes. Decoding it small costs no more here than it would
cost the worker, and encoding it again less than its bytes would cost on their way.
"""

import io
from pathlib import PurePath

JPEG_FORMATS = ("JPEG", "MPO")
JPEG_SUFFIXES = frozenset({".jpg", ".jpeg"})
QUALITY = 92
LONGEST = 2
"""Longer side of a usual photograph at most, in shorter ones. At that quality a pixel has less than a byte."""


class ShrinkError(Exception):
    """The bytes are no photograph that can be read here."""


def planned_bytes(name: str, size: int, shorter_side: int) -> int:
    """How large a file is when it is sent, about and seldom more: only JPEGs are made smaller."""
    is_jpeg = PurePath(name).suffix.lower() in JPEG_SUFFIXES
    return min(size, LONGEST * shorter_side**2) if is_jpeg else size


def shrink(body: bytes, shorter_side: int) -> bytes:
    """Bring a photograph down to so many pixels on its shorter side, upright; a smaller one stays as it is.

    Raises:
        ShrinkError: It is no JPEG, or a damaged one.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - an extra

    try:
        with Image.open(io.BytesIO(body), formats=JPEG_FORMATS) as image:
            scale = shorter_side / min(image.size)
            if scale >= 1:
                return body
            # Decodes at the smallest scale that is large enough, which saves most of the time.
            size = (image.width * scale, image.height * scale)
            image.thumbnail(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except Exception as error:  # what a decoder raises on bad bytes is an open set
        raise ShrinkError(str(error)) from error
    target = io.BytesIO()
    upright.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()
