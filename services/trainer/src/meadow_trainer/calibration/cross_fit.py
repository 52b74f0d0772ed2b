"""Cross-fitting: predictions to calibrate with, where the data set is too small for a validation split.

Two networks are trained, each on one half for half the epochs, which takes about half the time of the real training;
each predicts the other half. They are slightly worse than the served network, so what is fitted to their
predictions is conservative: less confident, more often "unsure".
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from meadow_trainer.calibration.out_of_fold import predict_out_of_fold
from meadow_trainer.evaluation.evaluate import Labels, Logits
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoint
from meadow_trainer.training.loop import ImageSets
from meadow_trainer.training.recipe import Recipe

_FOLDS = 2
_EPOCHS = 0.5
"""Share of the real training's epochs. With fewer, the networks differ too much from the served one."""


@dataclass(frozen=True)
class OutOfFoldPredictions:
    """Predictions by networks that did not see the images."""

    logits: Logits
    labels: Labels


def cross_fit(
    start: nn.Module,
    images: ImageSets,
    recipe: Recipe,
    callbacks: TrainingCallbacks,
    device: torch.device,
    checkpoint: Callable[[str], Checkpoint | None] = lambda _: None,
) -> OutOfFoldPredictions:
    """Train on each half in turn and predict the other.

    Args:
        start: The untrained network; it is not changed.
        images: Those of the real training.
        recipe: That of the real training. Its time limit applies to both halves together.
        callbacks: Told of each half; may cancel it.
        device: Where to train.
        checkpoint: Returns the checkpoint of a training, by name.

    Raises:
        CheckpointRefusedError: The checkpoint is of another training.
        TrainingCancelledError: Cancelled by a callback.
        TrainingError: A loss is not finite.
    """

    def half(number: int) -> Checkpoint | None:
        callbacks.on_stage(f"calibrating: training on half {number + 1} of {_FOLDS}")
        return checkpoint(f"half-{number + 1}")

    labels = images.plain.labels
    logits = np.empty((len(labels), len(images.plain.classes)), dtype=np.float32)
    folds = predict_out_of_fold(
        start, images, lambda seen: _shorter(recipe, len(seen)), callbacks, device, folds=_FOLDS, checkpoint=half
    )
    for fold in folds:
        logits[fold.images] = fold.logits
    return OutOfFoldPredictions(logits, labels)


def _shorter(recipe: Recipe, images: int) -> Recipe:
    return dataclasses.replace(
        recipe,
        epochs=max(1, round(recipe.epochs * _EPOCHS)),
        batch_size=min(recipe.batch_size, images),
        patience=None,
        max_seconds=recipe.max_seconds * _EPOCHS / _FOLDS if recipe.max_seconds else None,
    )
