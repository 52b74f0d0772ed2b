"""What a run tells while it goes on, and how it is asked to stop."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class EpochReport:
    """What one epoch did."""

    epoch: int
    """Counted from 1."""
    epochs: int
    """How many there will be, as far as is known now."""
    loss: float
    """Mean training loss, on augmented views."""
    learning_rate: float
    seconds: float
    """Since training began."""
    validation_accuracy: float | None
    """On images that are not trained on; None without a validation part."""
    validation_loss: float | None


def _ignore(_: object) -> None:
    """Take no notice."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Watch:
    """How the caller follows a run, and ends it."""

    on_stage: Callable[[str], None] = _ignore
    """Called with a few words when something other than an epoch begins."""
    on_epoch: Callable[[EpochReport], None] = _ignore
    should_stop: Callable[[], bool] = _never
    """Asked before every training step, so it must be cheap."""
