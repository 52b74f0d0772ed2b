"""What an image looks like, in 128 bits, so that copies of it are found although their bytes differ.

The hash is the "difference hash" described by Neal Krawetz, "Kind of Like That" (The Hacker Factor Blog, 2013), taken
along rows and along columns: 8 x 8 comparisons of neighbouring grey levels each. Two images are taken for copies when
their hashes differ in few bits *and* their small grey versions correlate. Thresholds were chosen on 300 photographs of
dandelions and grass, which hold no copies: the two most alike differ in 13 bits. Of their re-encodings (JPEG of quality
20 to 90, WebP, half and three times the size, less contrast) 98 % or more differ in at most 10 bits, and all correlate
by more than 0.96.
"""

import sys
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from meadow.schemas.problems import ProblemCode
from meadow.schemas.rejection import Reason
from meadow_core.bundle.decode import ImageRejectedError
from meadow_core.bundle.region import read_region, whole_frame
from meadow_core.datasets.sources.model import UnfitError

HASH_BYTES = 16
NEAR_BITS = 10
"""Copies differ in at most so many of the 128 bits ..."""
NEAR_CORRELATION = 0.95
"""... and correlate by at least so much."""
EMPTY_SPREAD = 2.0
"""Below this standard deviation (of 0 to 255) in every colour an image shows nothing; the flattest lawn has 4.8."""

STORED_PIXELS = sys.maxsize
"""The limit for images that are in the store: they were within the one of their time, which may have been higher."""

_SIDE = 32
_SMALL = 16
_REASONS = {
    ProblemCode.UNSUPPORTED_TYPE: Reason.WRONG_TYPE,
    ProblemCode.TOO_MANY_PIXELS: Reason.TOO_MANY_PIXELS,
}


@dataclass(frozen=True)
class Look:
    """What an image looks like."""

    bits: bytes
    spread: float
    """The largest standard deviation of a colour, over the image squeezed to 32 x 32 pixels; 0 to 255."""
    area: int
    """Width times height, in pixels."""


def look_at(body: bytes, *, max_pixels: int) -> Look:
    """Decode an image to its end and describe it.

    Raises:
        UnfitError: It is not a readable image.
    """
    pixels, area = _decode(body, max_pixels)
    grey = Image.fromarray(pixels).convert("L")
    rows = np.asarray(grey.resize((9, 8), Image.Resampling.BILINEAR))
    columns = np.asarray(grey.resize((8, 9), Image.Resampling.BILINEAR))
    bits = np.concatenate([(rows[:, 1:] > rows[:, :-1]).ravel(), (columns[1:] > columns[:-1]).ravel()])
    return Look(np.packbits(bits).tobytes(), float(pixels.std(axis=(0, 1)).max()), area)


def small_grey(body: bytes, *, max_pixels: int) -> NDArray[np.float32]:
    """Reduce an image to 256 grey levels with mean 0 and length 1: the product of two is their correlation.

    Raises:
        UnfitError: It is not a readable image.
    """
    pixels, _ = _decode(body, max_pixels)
    small = Image.fromarray(pixels).convert("L").resize((_SMALL, _SMALL), Image.Resampling.BILINEAR)
    levels = np.asarray(small, dtype=np.float32).ravel()
    levels -= levels.mean()
    length = float(np.linalg.norm(levels))
    return cast("NDArray[np.float32]", levels / length if length else levels)


def _decode(body: bytes, max_pixels: int) -> tuple[NDArray[np.uint8], int]:
    try:
        decoded = read_region(body, _SIDE, whole_frame, max_pixels=max_pixels)
    except ImageRejectedError as error:
        raise UnfitError(_REASONS.get(error.code, Reason.UNDECODABLE), error.detail) from error
    return decoded.pixels, decoded.width * decoded.height
