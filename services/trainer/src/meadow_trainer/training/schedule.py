"""One-cycle learning rate schedule, shortened to a time limit."""

import math
import time
from collections.abc import Callable
from typing import Any

_WARM_UP = 0.15
"""Share of the run in which the rate rises."""
_START = 0.04
"""First rate, as a share of the peak."""


class Schedule:
    """One cycle of the learning rate, which always completes.

    A network stopped in the middle of the cycle is much worse than one with a shorter cycle. So when time
    runs short, the remaining epochs become fewer and the rate falls faster, instead of the run being cut off. Unless
    time runs short, the schedule is the same in every run.
    """

    def __init__(
        self, *, epochs: int, steps: int, max_seconds: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.epochs = epochs
        self._steps = steps
        self._clock = clock
        self._max_seconds = max_seconds
        self._deadline = None if max_seconds is None else clock() + max_seconds
        self._epoch_began = clock()
        self._done = 0
        self._progress = 0.0
        self.shortened = False
        """Whether the time limit removed epochs."""

    def state(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {
            "epochs": self.epochs,
            "done": self._done,
            "progress": self._progress,
            "shortened": self.shortened,
            "epoch_seconds": self._clock() - self._epoch_began,
        }

    def restore(self, state: dict[str, Any], *, seconds: float) -> None:
        """Restore the state from a checkpoint.

        Args:
            state: As `state` returned it.
            seconds: Training time until then; it counts towards the limit.
        """
        self.epochs, self._done = state["epochs"], state["done"]
        self._progress, self.shortened = state["progress"], state["shortened"]
        now = self._clock()
        self._epoch_began = now - state["epoch_seconds"]
        if self._max_seconds is not None:
            self._deadline = now + self._max_seconds - seconds

    @property
    def progress(self) -> float:
        """Completed share of the run, between 0 and 1."""
        return self._progress

    def step(self) -> None:
        """Record a finished training step."""
        remaining = self.epochs * self._steps - self._done
        self._progress += (1 - self._progress) / max(1, remaining)
        self._done += 1

    def end_epoch(self) -> None:
        """Record a finished epoch, and drop epochs that exceed the time limit."""
        now = self._clock()
        took, self._epoch_began = now - self._epoch_began, now
        if self._deadline is None:
            return
        finished = self._done // self._steps
        affordable = finished + max(0, int((self._deadline - now) / max(took, 1e-9)))
        if affordable < self.epochs:
            self.epochs = max(finished, affordable)
            self.shortened = True

    def rate(self) -> float:
        """Return the learning rate for the next step, as a share of the peak."""
        if self._progress < _WARM_UP:
            return _START + (1 - _START) * _ease(self._progress / _WARM_UP)
        return 1 - _ease((self._progress - _WARM_UP) / (1 - _WARM_UP))


def _ease(share: float) -> float:
    """Rise from 0 to 1 along half a cosine."""
    return (1 - math.cos(math.pi * min(1.0, share))) / 2
