"""Training of all weights: from pretrained ones (fine-tuning), or from scratch."""

import copy

import numpy as np

from meadow.schemas.split import Split
from meadow_trainer.calibration.calibrate import Calibrated, calibrate
from meadow_trainer.calibration.cross_fit import OutOfFoldPredictions, cross_fit
from meadow_trainer.calibration.out_of_fold import enough_for_folds
from meadow_trainer.data.source import split_manifest
from meadow_trainer.evaluation.evaluate import predict
from meadow_trainer.runs.trained import Start, TrainedNetwork
from meadow_trainer.training.checkpoints import Checkpoint
from meadow_trainer.training.loop import ImageSets, fit
from meadow_trainer.training.recipe import Recipe, choose_recipe, validation_percent

_MIN_VALIDATION_IMAGES = 100
"""Fewer validation images cannot show an accuracy of 98 %."""


class Finetuning:
    """One training of all weights, whose cross-fitting may be done before it or after it."""

    def __init__(self, start: Start) -> None:
        """Decode the images, and choose the recipe.

        Raises:
            TrainingDataError: A class has too few images.
        """
        self._start = start
        config, loader = start.config, start.loader
        trainable = len(start.source.manifest.of_split(Split.TRAIN))
        splits = split_manifest(start.source.manifest, validation_percent(config, trainable), start.left_out)
        start.callbacks.on_stage("decoding images")
        self._untrained = copy.deepcopy(start.network)
        self.images = ImageSets(
            training=loader.for_training(splits.training, config.image_size),
            plain=loader.for_evaluation(splits.training, start.preprocessing),
            validation=loader.for_evaluation(splits.validation, start.preprocessing),
        )
        self.recipe: Recipe = choose_recipe(
            config,
            images=len(self.images.training),
            fine_tuning=start.pretrained,
            network=start.network,
            device=start.device,
            skew=self.images.training.skew,
            validation_images=len(self.images.validation),
        )
        self._predictions: OutOfFoldPredictions | None = None

    def out_of_fold(self) -> OutOfFoldPredictions:
        """Predict each half of the training images by a network trained on the other; the work is done once.

        Raises:
            TrainingCancelledError: Cancelled by a callback.
        """
        if self._predictions is None:
            start = self._start
            self._predictions = cross_fit(
                self._untrained, self.images, self.recipe, start.callbacks, start.device, self._checkpoint
            )
        return self._predictions

    def train(self, reason: str) -> TrainedNetwork:
        """Train and calibrate.

        Raises:
            CheckpointRefusedError: The checkpoints are of another run.
            TrainingCancelledError: Cancelled by a callback.
            TrainingError: A loss is not finite.
        """
        start = self._start
        start.callbacks.on_stage(f"starting on {len(self.images.training)} images")
        reports = fit(
            start.network, self.images, self.recipe, start.callbacks, start.device, self._checkpoint("network")
        )
        return TrainedNetwork(
            network=start.network,
            calibrated=self._calibrate(),
            method="finetuned",
            reason=reason,
            recipe=self.recipe,
            reports=tuple(reports),
            images=self.images.plain,
            embedded=None,
            metrics={},
        )

    def _checkpoint(self, training: str) -> Checkpoint | None:
        settled = {
            "recipe": str(self.recipe),
            "fine_tuned": str(self._start.pretrained),
            "images": str(len(self.images.training)),
        }
        checkpoints = self._start.checkpoints
        return checkpoints.of(training, settled) if checkpoints else None

    def _calibrate(self) -> Calibrated:
        """Fit temperature and threshold on validation images or, if there are too few, on out-of-fold predictions."""
        start, config = self._start, self._start.config
        target, validation = config.target_accuracy, self.images.validation
        enough = _MIN_VALIDATION_IMAGES if config.calibration == "auto" else 1
        if config.calibration in {"auto", "validation"} and len(validation) >= enough:
            logits = predict(start.network, validation.pixels, start.device)
            return calibrate(logits, validation.labels, method="validation", target=target)
        if config.calibration in {"auto", "cross-fit"} and enough_for_folds(self.images):
            predictions = self.out_of_fold()
            return calibrate(predictions.logits, predictions.labels, method="cross-fit", target=target)
        nothing = np.empty((0, len(validation.classes)), dtype=np.float32)
        return calibrate(nothing, np.empty(0, dtype=np.int64), method="none", target=target)
