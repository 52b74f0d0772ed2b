import numpy as np
from numpy.typing import NDArray

from meadow_worker.explaining.colours import STEPS, scale


def luminance(colours: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give CIE lightness, which is what is left of colours in black and white."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(116 * np.cbrt(linear @ np.array((0.2126, 0.7152, 0.0722))) - 16)


def test_the_scale_can_be_read_without_telling_hues_apart() -> None:
    lightness = luminance(scale())
    steps = np.diff(lightness)
    assert len(lightness) == STEPS
    assert (steps > 0).all()
    assert lightness[-1] - lightness[0] > 70
    assert steps.max() < 2 * steps.mean()
