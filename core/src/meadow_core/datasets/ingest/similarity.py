"""Comparing two images more closely than their hashes do."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from meadow_core.datasets.ingest.look import STORED_PIXELS, small_grey

SMALL_GREYS = 4096
"""Reduced images that are kept for further comparisons: 1 KiB each."""


class Similarity:
    """Tells how much two images, by their sha256, correlate: 1 for copies, about 0 for any two."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """Read images by their sha256; only those that were found fit before are asked for."""
        self._read = read
        self._small = lru_cache(SMALL_GREYS)(self._reduce)

    def __call__(self, first: str, second: str) -> float:
        """Return the correlation of their grey levels, reduced to 16 x 16; -1 to 1."""
        return float(self._small(first) @ self._small(second))

    def _reduce(self, sha256: str) -> NDArray[np.float32]:
        return small_grey(self._read(sha256), max_pixels=STORED_PIXELS)
