"""Callbacks of a training run: progress reports, and cancellation."""

from collections.abc import Callable
from dataclasses import dataclass

from meadow.schemas.label_suspects import LabelSuspects


@dataclass(frozen=True)
class EpochReport:
    """Metrics of one epoch."""

    epoch: int
    """Counted from 1."""
    epochs: int
    """Planned number of epochs; a time limit or early stopping may lower it."""
    loss: float
    """Mean training loss, on augmented images."""
    learning_rate: float
    seconds: float
    """Since training began."""
    validation_accuracy: float | None
    """None without validation images."""
    validation_loss: float | None


def _ignore(_: object) -> None:
    """Do nothing."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class TrainingCallbacks:
    """Functions that the caller passes to follow and cancel a run."""

    on_stage: Callable[[str], None] = _ignore
    """Called with a short description when a stage other than an epoch begins."""
    on_epoch: Callable[[EpochReport], None] = _ignore
    on_label_suspects: Callable[[LabelSuspects], None] = _ignore
    """Called before the training with what its data set's labels look like."""
    should_stop: Callable[[], bool] = _never
    """Called before every training step, so it must be cheap."""
