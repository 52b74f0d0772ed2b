"""What to calibrate with where the data set is too small to keep images back.

Two networks are trained, each on one half for half the epochs, which takes about half the time of the real training;
each answers the other half. They are a little worse than the network that is served, so what is chosen from their
answers errs on the side of caution: less sure, more often "unsure".
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
"""Of the real training's. Shorter ones leave networks that are too far from the one that is served."""


@dataclass(frozen=True)
class OutOfFoldPredictions:
    """Answers by networks that did not see the images."""

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
    """Train on each half in turn and answer the other.

    Args:
        start: The network as it was before its training; is not changed.
        images: Those of the real training.
        recipe: That of the real training. A limit of its time holds for both halves together.
        callbacks: Told of each half; may cancel it.
        device: Where to train.
        checkpoint: Gives each training, by its name, where to go on from and to save to.

    Raises:
        CheckpointRefusedError: There is a checkpoint, but not of this training.
        TrainingCancelledError: Cancelled by a callback.
        TrainingError: A loss is no number any more.
    """

    def half(number: int) -> Checkpoint | None:
        callbacks.on_stage(f"calibrating: training on half {number + 1} of {_FOLDS}")
        return checkpoint(f"half-{number + 1}")

    labels = images.plain.labels
    logits = np.empty((len(labels), len(images.plain.classes)), dtype=np.float32)
    answered = predict_out_of_fold(
        start, images, lambda seen: _shorter(recipe, len(seen)), callbacks, device, folds=_FOLDS, checkpoint=half
    )
    for fold in answered:
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
