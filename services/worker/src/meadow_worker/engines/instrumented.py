"""Timing an engine."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from meadow_worker.engines.base import Engine, Outputs

RunListener = Callable[[int, float], None]
"""Told of each run of the network: how many images it had, and how many seconds it took."""


class InstrumentedEngine:
    """An engine whose runs are told to a listener: the real ones, also where many callers' images are joined."""

    def __init__(self, engine: Engine, on_run: RunListener) -> None:
        self.name = engine.name
        self.precision = engine.precision
        self._engine = engine
        self._on_run = on_run

    def infer(self, pixels: NDArray[np.uint8]) -> Outputs:
        """See `Engine.infer`."""
        started = time.perf_counter()
        outputs = self._engine.infer(pixels)
        self._on_run(len(pixels), time.perf_counter() - started)
        return outputs
