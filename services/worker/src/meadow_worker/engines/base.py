"""What every engine does."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from meadow.errors import MeadowError
from meadow_worker.engines.precision import Precision


@dataclass(frozen=True)
class Outputs:
    """What a network gives for N images."""

    logits: NDArray[np.float32]
    """[N, classes]."""
    embeddings: NDArray[np.float32] | None
    """[N, D]; None from a bundle of format 1."""

    def part(self, rows: slice) -> "Outputs":
        """Return what it gives for some of the images."""
        return Outputs(self.logits[rows], None if self.embeddings is None else self.embeddings[rows])


class Engine(Protocol):
    """A loaded network."""

    @property
    def name(self) -> str:
        """The engine's name, as the settings spell it."""

    @property
    def precision(self) -> Precision:
        """What it computes in."""

    def infer(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Run the network.

        Args:
            pixels: RGB images, shape (N, size, size, 3), dtype uint8.
        """


class EngineUnavailableError(MeadowError):
    """The engine that the settings ask for is not installed here."""
