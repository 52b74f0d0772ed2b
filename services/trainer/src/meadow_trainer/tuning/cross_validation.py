"""Cross-validation of a configuration on the training images, so that the hold-out stays unseen."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.calibration.calibrate import fit_temperature
from meadow_trainer.calibration.out_of_fold import enough_for_folds, predict_out_of_fold
from meadow_trainer.data.loader import ImageLoader, TrainingImages
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingDataError
from meadow_trainer.evaluation.evaluate import measure
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.checkpoints import run_identity
from meadow_trainer.training.loop import ImageSets
from meadow_trainer.training.model import build_network
from meadow_trainer.training.recipe import Recipe, choose_recipe


@dataclass(frozen=True)
class CrossValidationResult:
    """Metrics over the folds so far."""

    folds: int
    """Completed folds."""
    accuracy: float
    loss: float
    """Mean negative log-likelihood after temperature scaling: less noisy than the accuracy."""
    recall: float
    """Mean recall of the classes, which shows a rare class that is never predicted."""
    seconds: float


class CrossValidation:
    """The decoded training images of one data set version, to measure configurations on."""

    def __init__(self, source: ImageSource, image_size: int, *, folds: int, max_pixels: int) -> None:
        """Read and decode.

        Args:
            source: The data set version.
            image_size: Side of the model's input, in pixels: the same for all configurations.
            folds: At least two.
            max_pixels: Larger images are skipped.

        Raises:
            TrainingDataError: A class has too few images to split.
        """
        entries, preprocessing = source.manifest.of_split(Split.TRAIN), Preprocessing(size=image_size)
        loader = ImageLoader(source.read, source.manifest.classes, max_pixels=max_pixels)
        self.folds = folds
        self._source = source
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.images = ImageSets(
            training=loader.for_training(entries, image_size),
            plain=loader.for_evaluation(entries, preprocessing),
            validation=loader.for_evaluation([], preprocessing),
        )
        if not enough_for_folds(self.images):
            raise TrainingDataError("A class has too few images for cross-validation.")

    def measure(
        self,
        config: TrainingConfig,
        callbacks: TrainingCallbacks,
        change: Callable[[Recipe], Recipe] = lambda recipe: recipe,
        *,
        thin_last_class: int = 1,
    ) -> Iterator[CrossValidationResult]:
        """Train on all folds but one, in turn.

        Args:
            config: With the decoded image size.
            callbacks: May cancel it.
            change: Modifies the recipe of the configuration.
            thin_last_class: Train on every n-th image of the last class only, which skews an even data set.

        Yields:
            The metrics after each fold.

        Raises:
            ArchitectureError: The network cannot be built.
            TrainingCancelledError: Cancelled by a callback.
        """
        began = time.monotonic()
        plain = self.images.plain
        network, recipe = self._start(config)
        logits = np.empty((len(plain), len(plain.classes)), dtype=np.float32)
        predicted = np.zeros(len(plain), dtype=bool)
        folds = predict_out_of_fold(
            network,
            self.images,
            lambda images: change(recipe(images)),
            callbacks,
            self._device,
            folds=self.folds,
            thin_last_class=thin_last_class,
        )
        for number, fold in enumerate(folds, 1):
            logits[fold.images], predicted[fold.images] = fold.logits, True
            seen, labels = logits[predicted], plain.labels[predicted]
            measured = measure(seen, labels, plain.classes, temperature=fit_temperature(seen, labels))
            recall = float(np.mean([one.recall for one in measured.per_class.values()]))
            yield CrossValidationResult(number, measured.accuracy, measured.loss, recall, time.monotonic() - began)

    def recipe(self, config: TrainingConfig) -> Recipe:
        """Return the recipe of a configuration for all of these images."""
        _, recipe = self._start(config)
        return recipe(self.images.training)

    def identity(self, config: TrainingConfig) -> dict[str, str]:
        """Return what the measurements depend on, by name."""
        return {**run_identity(self._source, config), "folds": str(self.folds)}

    def _start(self, config: TrainingConfig) -> tuple[nn.Module, Callable[[TrainingImages], Recipe]]:
        """Build the network, and a function that returns the recipe for a set of images."""
        torch.manual_seed(config.seed)
        network, fine_tuning = build_network(config, len(self.images.training.classes))

        def recipe(images: TrainingImages) -> Recipe:
            return choose_recipe(
                config,
                images=len(images),
                fine_tuning=fine_tuning,
                network=network,
                device=self._device,
                skew=images.skew,
            )

        return network, recipe
