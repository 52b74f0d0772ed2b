"""Training loop: early stopping and final weights."""

import dataclasses

import numpy as np
import pytest
import torch

from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.source import ImageSource, split_manifest
from meadow_trainer.evaluation.evaluate import measure, predict
from meadow_trainer.training.architectures import empty_network
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from meadow_trainer.training.loop import ImageSets, fit
from meadow_trainer.training.recipe import choose_recipe
from small_network import SMALL

CPU = torch.device("cpu")
SIZE = 32


@pytest.fixture(scope="module")
def images(stripes_source: ImageSource) -> ImageSets:
    loader = ImageLoader(stripes_source.read, stripes_source.manifest.classes, max_pixels=1_000_000)
    parts, preprocessing = split_manifest(stripes_source.manifest, 20), Preprocessing(size=SIZE)
    return ImageSets(
        loader.for_training(parts.training, SIZE),
        loader.for_evaluation(parts.training, preprocessing),
        loader.for_evaluation(parts.validation, preprocessing),
    )


def _fit(images: ImageSets, **asked: object) -> tuple[torch.nn.Module, list[EpochReport]]:
    config = TrainingConfig.model_validate({"image_size": SIZE, "batch_size": 16, "augmentation": 0.3, **asked})
    torch.manual_seed(config.seed)
    network = empty_network(SMALL, 2)
    recipe = choose_recipe(
        config,
        images=len(images.training),
        fine_tuning=False,
        network=network,
        device=CPU,
        skew=images.training.skew,
        validation_images=len(images.validation),
    )
    return network, fit(network, images, recipe, TrainingCallbacks(), CPU)


def test_training_without_improvement_stops_early(images: ImageSets) -> None:
    still = {"epochs": 4, "learning_rate": 1e-30}
    _, reports = _fit(images, patience=1, **still)
    assert len(reports) < 4
    assert reports[-1].epochs == len(reports)
    _, reports = _fit(images, patience=0, **still)
    assert len(reports) == 4


def test_training_without_validation_images_runs_all_epochs(images: ImageSets) -> None:
    nothing = dataclasses.replace(images.validation, pixels=images.validation.pixels[:0], labels=np.zeros(0, np.int64))
    _, reports = _fit(dataclasses.replace(images, validation=nothing), patience=1, epochs=3, learning_rate=1e-30)
    assert len(reports) == 3


def test_best_validation_weights_are_restored(images: ImageSets) -> None:
    network, reports = _fit(images, patience=6, epochs=8, learning_rate=1.0)
    validation = images.validation
    left = measure(predict(network, validation.pixels, CPU), validation.labels, validation.classes)
    losses = [one.validation_loss for one in reports if one.validation_loss is not None]
    assert left.loss == pytest.approx(min(losses), abs=1e-5)
    assert min(losses) < losses[-1], "or the last were the best anyway"
