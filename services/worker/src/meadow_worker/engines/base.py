"""What every engine does."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from meadow.errors import MeadowError
from meadow_worker.engines.precision import Precision


class Engine(Protocol):
    """A loaded network."""

    @property
    def name(self) -> str:
        """The engine's name, as the settings spell it."""

    @property
    def precision(self) -> Precision:
        """What it computes in."""

    def infer(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network.

        Args:
            pixels: RGB images, shape (N, size, size, 3), dtype uint8.

        Returns:
            Logits, shape (N, classes), dtype float32.
        """


class EngineUnavailableError(MeadowError):
    """The engine that the settings ask for is not installed here."""
