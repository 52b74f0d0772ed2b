"""Answers to training images by networks that did not see them, for data sets too small to keep images back.

Two networks are trained, each on one half for half the epochs, which takes about half the time of the real training;
each answers the other half. They are a little worse than the network that is served, so what is chosen from their
answers errs on the side of caution: less sure, more often "unsure".
"""

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from meadow_trainer.checkpoints import Checkpoint
from meadow_trainer.data import EvaluationImages, TrainingImages
from meadow_trainer.evaluate import Labels, Logits, predict
from meadow_trainer.loop import Pixels, fit
from meadow_trainer.recipe import Recipe
from meadow_trainer.reports import Watch

_FOLDS = 2
_EPOCHS = 0.5
"""Of the real training's. Shorter ones leave networks that are too far from the one that is served."""
_FEWEST_PER_CLASS = 5


@dataclass(frozen=True)
class OutOfFold:
    """Answers by networks that did not see the images."""

    logits: Logits
    labels: Labels


def can_cross_fit(images: Pixels) -> bool:
    """Whether each half would have enough of each class."""
    counts = np.bincount(images.plain.labels, minlength=len(images.plain.classes))
    return int(counts.min()) >= _FEWEST_PER_CLASS and len(images.training) == len(images.plain)


def cross_fit(
    start: nn.Module,
    images: Pixels,
    recipe: Recipe,
    watch: Watch,
    device: torch.device,
    checkpoint: Callable[[str], Checkpoint | None] = lambda _: None,
) -> OutOfFold:
    """Train on each half in turn and answer the other.

    Args:
        start: The network as it was before its training; is not changed.
        images: Those of the real training.
        recipe: That of the real training. A limit of its time holds for both halves together.
        watch: Is told of each half, and may end it.
        device: Where to train.
        checkpoint: Gives each training, by its name, where to go on from and to save to.

    Raises:
        CheckpointRefusedError: There is a checkpoint, but not of this training.
        TrainingCancelledError: The watch asked to stop.
        TrainingError: A loss is no number any more.
    """
    labels = images.plain.labels
    half = _halves(labels)
    logits = np.empty((len(labels), len(images.plain.classes)), dtype=np.float32)
    for number in range(_FOLDS):
        watch.on_stage(f"calibrating: training on half {number + 1} of {_FOLDS}")
        seen, unseen = np.flatnonzero(half == number), np.flatnonzero(half != number)
        part = Pixels(
            training=_some_training(images.training, seen),
            plain=_some(images.plain, seen),
            validation=_some(images.plain, seen[:0]),
        )
        network = copy.deepcopy(start)
        shorter = _shorter(recipe, len(seen))
        fit(network, part, shorter, Watch(should_stop=watch.should_stop), device, checkpoint(f"half-{number + 1}"))
        logits[unseen] = predict(network, images.plain.pixels[unseen], device)
    return OutOfFold(logits, labels)


def _halves(labels: Labels) -> NDArray[np.int64]:
    """Put every other image of each class into the same half."""
    half = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        inside = np.flatnonzero(labels == label)
        half[inside] = np.arange(len(inside)) % _FOLDS
    return half


def _shorter(recipe: Recipe, images: int) -> Recipe:
    return dataclasses.replace(
        recipe,
        epochs=max(1, round(recipe.epochs * _EPOCHS)),
        batch_size=min(recipe.batch_size, images),
        patience=None,
        max_seconds=recipe.max_seconds * _EPOCHS / _FOLDS if recipe.max_seconds else None,
    )


def _some_training(images: TrainingImages, chosen: NDArray[np.int64]) -> TrainingImages:
    index = torch.from_numpy(chosen)
    return TrainingImages(images.pixels[index], images.aspects[index], images.labels[index], images.classes)


def _some(images: EvaluationImages, chosen: NDArray[np.int64]) -> EvaluationImages:
    return EvaluationImages(
        images.pixels[chosen],
        images.labels[chosen],
        tuple(images.sources[one] for one in chosen),
        tuple(images.digests[one] for one in chosen),
        images.classes,
    )
