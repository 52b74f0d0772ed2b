"""Frozen training: a linear head on the features of a pretrained network, in seconds."""

import logging
import time
from dataclasses import dataclass

import numpy as np
import torch

from meadow_trainer.calibration.calibrate import Calibrated, calibrate
from meadow_trainer.data.source import split_manifest
from meadow_trainer.errors import TrainingDataError
from meadow_trainer.evaluation.evaluate import Labels
from meadow_trainer.runs.trained import Start, TrainedNetwork
from meadow_trainer.training.embedded_images import EmbeddedImages
from meadow_trainer.training.embedding import set_classifier
from meadow_trainer.training.features import ImageFeatures
from meadow_trainer.training.head import Head, HeadRecipe, OutOfFold, choose_head, fit_head
from meadow_trainer.training.recipe import is_balanced

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FrozenFit:
    """A fitted head, with all that it was fitted on."""

    images: ImageFeatures
    validation: ImageFeatures | None
    """Kept back on request only: a head is cheap to fit once more without the image that it has to predict."""
    recipe: HeadRecipe
    head: Head
    out_of_fold: OutOfFold | None
    seconds: float


def fit_frozen(start: Start) -> FrozenFit:
    """Compute features, choose the regularisation and fit the head; the network is not changed.

    Raises:
        TrainingDataError: A class has too few images.
        TrainingCancelledError: Cancelled by a callback.
    """
    began = time.monotonic()
    config, source = start.config, start.source
    percent = config.validation_percent
    if percent is None:
        percent = 15 if config.calibration == "validation" else 0
    splits = split_manifest(source.manifest, percent, start.left_out)
    start.callbacks.on_stage(f"computing features of {len(splits.training)} images")
    images = start.features.of(splits.training, start.callbacks)
    validation = start.features.of(splits.validation, start.callbacks) if splits.validation else None
    start.callbacks.on_stage("fitting the head")
    classes = source.manifest.classes
    balanced = is_balanced(config, skew_of(images.labels, len(classes)))
    recipe, out_of_fold = choose_head(images.features, images.labels, classes, balanced=balanced, seed=config.seed)
    head = fit_head(images.features, images.labels, len(classes), recipe)
    return FrozenFit(images, validation, recipe, head, out_of_fold, time.monotonic() - began)


def finish_frozen(start: Start, fit: FrozenFit, reason: str) -> TrainedNetwork:
    """Put a fitted head on the network, and calibrate it."""
    try:
        set_classifier(start.network, torch.from_numpy(fit.head.weight), torch.from_numpy(fit.head.bias))
    except ValueError as error:
        raise TrainingDataError(f"{start.config.architecture} takes no head on frozen features: {error}") from error
    metrics = {"head_seconds": fit.seconds, "features_computed": float(start.features.computed)}
    if fit.out_of_fold is not None:
        metrics |= {
            "cross_validated_loss": fit.out_of_fold.loss,
            "cross_validated_accuracy": fit.out_of_fold.accuracy,
        }
    return TrainedNetwork(
        network=start.network,
        calibrated=_calibrate(start, fit),
        method="frozen",
        reason=reason,
        recipe=fit.recipe,
        reports=(),
        images=fit.images.plain,
        embedded=EmbeddedImages(fit.images.features, fit.images.labels, fit.images.digests),
        metrics=metrics,
    )


def skew_of(labels: Labels, classes: int) -> float:
    """Return the class imbalance: size of the largest class divided by that of the smallest."""
    counts = np.bincount(labels, minlength=classes)
    return float(counts.max()) / max(1.0, float(counts.min()))


def _calibrate(start: Start, fit: FrozenFit) -> Calibrated:
    """Fit temperature and threshold on predictions by heads that did not see the images."""
    config, target = start.config, start.config.target_accuracy
    if config.calibration == "validation" and fit.validation is not None:
        logits = fit.head.logits(fit.validation.features)
        return calibrate(logits, fit.validation.labels, method="validation", target=target)
    if config.calibration in {"auto", "cross-fit"} and fit.out_of_fold is not None:
        return calibrate(fit.out_of_fold.logits, fit.out_of_fold.labels, method="cross-fit", target=target)
    nothing = np.empty((0, len(start.source.manifest.classes)), dtype=np.float32)
    return calibrate(nothing, np.empty(0, dtype=np.int64), method="none", target=target)
