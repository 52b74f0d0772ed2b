"""Wilson's interval for a share that was counted (Wilson 1927)."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Share = TypeVar("Share", "float", "NDArray[np.float64]")


def wilson_interval(right: Share, of: Share, deviations: float) -> tuple[Share, Share]:
    """Return the lower and the upper end, which lie within 0 and 1 but for rounding.

    Args:
        right: How many were counted; numbers, or arrays of one shape.
        of: Out of how many; at least 1.
        deviations: Standard deviations of the normal distribution to either side: 1.96 for 95 %.
    """
    share, square = right / of, deviations**2
    middle = share + square / (2 * of)
    spread = deviations * (share * (1 - share) / of + square / (4 * of**2)) ** 0.5
    return (middle - spread) / (1 + square / of), (middle + spread) / (1 + square / of)
