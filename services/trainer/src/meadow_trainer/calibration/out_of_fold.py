"""Out-of-fold predictions: training images, predicted by networks that did not see them."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from meadow_trainer.data.loader import TrainingImages
from meadow_trainer.evaluation.evaluate import Labels, Logits, predict
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoint
from meadow_trainer.training.loop import ImageSets, fit
from meadow_trainer.training.recipe import Recipe

_FEWEST_PER_CLASS = 5


@dataclass(frozen=True)
class FoldPredictions:
    """Predictions for the images of one fold, by a network trained on the others."""

    images: NDArray[np.int64]
    """Indices of the images."""
    logits: Logits
    """[len(images), classes]."""


def enough_for_folds(images: ImageSets) -> bool:
    """Return whether half of the images have enough of each class."""
    counts = np.bincount(images.plain.labels, minlength=len(images.plain.classes))
    return int(counts.min()) >= _FEWEST_PER_CLASS and len(images.training) == len(images.plain)


def predict_out_of_fold(
    start: nn.Module,
    images: ImageSets,
    recipe: Callable[[TrainingImages], Recipe],
    callbacks: TrainingCallbacks,
    device: torch.device,
    *,
    folds: int,
    thin_last_class: int = 1,
    checkpoint: Callable[[int], Checkpoint | None] = lambda _: None,
) -> Iterator[FoldPredictions]:
    """Train a network for each fold, on all others, and predict that fold.

    Args:
        start: The untrained network; it is not changed.
        images: The validation images are not used.
        recipe: How to train on some of the images.
        callbacks: May cancel it.
        device: Where to train.
        folds: At least two.
        thin_last_class: Train on every n-th image of the last class only, which skews an even data set.
        checkpoint: Returns the checkpoint of a training, by the number of its fold.

    Yields:
        The predictions of each fold in turn; together they cover every image once.

    Raises:
        CheckpointRefusedError: The checkpoint is of another training.
        TrainingCancelledError: Cancelled by a callback.
        TrainingError: A loss is not finite.
    """
    fold = assign_folds(images.plain.labels, folds)
    for number in range(folds):
        seen, unseen = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        seen = _thin_last_class(seen, images.plain.labels, thin_last_class)
        part = ImageSets(
            training=_training_subset(images.training, seen),
            plain=images.plain.subset(seen),
            validation=images.plain.subset(seen[:0]),
        )
        network = copy.deepcopy(start)
        fit(
            network,
            part,
            recipe(part.training),
            TrainingCallbacks(should_stop=callbacks.should_stop),
            device,
            checkpoint(number),
        )
        yield FoldPredictions(unseen, predict(network, images.plain.pixels[unseen], device))


def assign_folds(labels: Labels, folds: int) -> NDArray[np.int64]:
    """Assign images to folds, stratified by class: [N], the number of each image's fold."""
    fold = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        inside = np.flatnonzero(labels == label)
        fold[inside] = np.arange(len(inside)) % folds
    return fold


def _thin_last_class(seen: NDArray[np.int64], labels: Labels, every: int) -> NDArray[np.int64]:
    last = labels[seen] == labels.max()
    return np.sort(np.concatenate([seen[~last], seen[last][::every]]))


def _training_subset(images: TrainingImages, chosen: NDArray[np.int64]) -> TrainingImages:
    index = torch.from_numpy(chosen)
    return TrainingImages(images.pixels[index], images.aspects[index], images.labels[index], images.classes)
