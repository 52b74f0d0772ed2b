"""The colour scale of explanations: from dark violet through red to light yellow.

It is laid out in OKLab (Ottosson 2020), whose lightness is what people see as such, so equal steps look equal, and the
order can be read without telling hues apart: by the colour-blind, and in black and white.
"""

import numpy as np
from numpy.typing import NDArray

STEPS = 256
_LIGHTNESS = (0.22, 0.93)
_HUE = (290.0, 465.0)
"""In degrees; on from violet through red (390) to yellow."""
_CHROMA = 0.13
_ENDS = 0.5
"""Share of the chroma at the ends of the scale, where sRGB has less room."""

_TO_CONE = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
_LINEAR_PART = 0.0031308
"""Below it sRGB has no power law."""


def scale() -> NDArray[np.float32]:
    """Return the scale's colours from least to most, [STEPS, 3], sRGB from 0 to 255."""
    along = np.linspace(0, 1, STEPS)
    lightness = np.interp(along, (0, 1), _LIGHTNESS)
    hue = np.radians(np.interp(along, (0, 1), _HUE))
    chroma = _CHROMA * (_ENDS + (1 - _ENDS) * np.sin(np.pi * along))
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    linear = np.clip((lab @ _TO_CONE.T) ** 3 @ _TO_RGB.T, 0, 1)
    encoded = np.where(linear <= _LINEAR_PART, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(encoded * 255, dtype=np.float32)
