"""Grey of more than eight bits as eight bits: from black to the top of the depth that is used.

Such files say how many bits a value has room for, not how many are used: a sensor of 12 bits fills a sixteenth of 16,
and a table of results may hold anything. So the image's own values decide:

- The smallest of 8, 10, 12, 14 and 16 bits that holds the largest value is the depth; beyond 16 bits, the largest value
  is white. What was saved as 12 bits in 16, or as 0 to 255 in numbers with a fraction, looks as it was meant.
- Numbers with a fraction up to 1 are shares of white. A little more, up to 16, is overshoot of such an image: its
  largest value is white.
- Where values are negative, as in computed tomography, the smallest is black and the largest is white.
- What is no number is black; infinities are the ends.

A brighter value never becomes darker, and the same values always give the same picture, however it is cut into strips.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TOPS = (255, 1023, 4095, 16_383, 65_535)
_OVERSHOOT = 16

Values = NDArray[np.float64]
Strips = Callable[[], Iterator[tuple[int, Image.Image]]]
"""Gives some rows at a time, each with its place from the top: of a large image, whole copies take too much memory."""


def grey_levels(size: tuple[int, int], strips: Strips, transparent: object) -> Image.Image:
    """Convert an image of mode I, I;16 or F to mode L; the shade that is transparent, if any, becomes white."""
    shade = float(transparent) if isinstance(transparent, int | float) else None
    low, high = np.inf, -np.inf
    for _, strip in strips():
        values = _values(strip)
        known = values[np.isfinite(values) if shade is None else np.isfinite(values) & (values != shade)]
        if known.size:
            low, high = min(low, float(known.min())), max(high, float(known.max()))
    black, white = _span(low, high, fractions=next(strips())[1].mode == "F")
    grey = Image.new("L", size)
    for top, strip in strips():
        values = _values(strip)
        transparent_here = values == shade
        np.clip(values, black, white, out=values)
        np.nan_to_num(values, copy=False, nan=black)
        values -= black
        values *= 255 / (white - black) if white > black else 0
        levels = np.rint(values, out=values).astype(np.uint8)
        levels[transparent_here] = 255
        grey.paste(Image.fromarray(levels), (0, top))
    return grey


def _values(strip: Image.Image) -> Values:
    with np.errstate(invalid="ignore"):  # there are numbers that are none
        return np.asarray(strip).astype(np.float64)


def _span(low: float, high: float, *, fractions: bool) -> tuple[float, float]:
    """Choose the values that become black and white."""
    if low > high:
        return 0, 1
    if low < 0:
        return low, high
    if fractions and high <= _OVERSHOOT:
        return 0, max(high, 1)
    return 0, next((top for top in _TOPS if high <= top), high)
