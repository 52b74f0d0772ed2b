"""Cross-fitting: each image is predicted by the network that did not see it."""

import copy

import numpy as np
import pytest
import torch

from meadow.schemas.split import Split
from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.calibration.cross_fit import cross_fit
from meadow_trainer.calibration.out_of_fold import enough_for_folds
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.training.architectures import empty_network
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.loop import ImageSets
from meadow_trainer.training.recipe import choose_recipe
from small_network import SMALL

CPU = torch.device("cpu")
SIZE = 32


@pytest.fixture(scope="module")
def images(stripes_source: ImageSource) -> ImageSets:
    loader = ImageLoader(stripes_source.read, stripes_source.manifest.classes, max_pixels=1_000_000)
    entries = stripes_source.manifest.of_split(Split.TRAIN)
    preprocessing = Preprocessing(size=SIZE)
    return ImageSets(
        loader.for_training(entries, SIZE),
        loader.for_evaluation(entries, preprocessing),
        loader.for_evaluation([], preprocessing),
    )


def test_every_image_is_predicted_and_initial_network_is_unchanged(images: ImageSets) -> None:
    network = empty_network(SMALL, 2)
    before = copy.deepcopy(network.state_dict())
    config = TrainingConfig(epochs=2, image_size=SIZE, batch_size=16)
    recipe = choose_recipe(config, images=len(images.training), fine_tuning=False, network=network, device=CPU)
    stages: list[str] = []
    answers = cross_fit(network, images, recipe, TrainingCallbacks(on_stage=stages.append), CPU)
    assert answers.logits.shape == (len(images.training), 2)
    assert np.isfinite(answers.logits).all()
    np.testing.assert_array_equal(answers.labels, images.plain.labels)
    assert len(stages) == 2
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_cancelled_cross_fit_raises(images: ImageSets) -> None:
    network = empty_network(SMALL, 2)
    recipe = choose_recipe(
        TrainingConfig(image_size=SIZE), images=len(images.training), fine_tuning=False, network=network, device=CPU
    )
    with pytest.raises(TrainingCancelledError):
        cross_fit(network, images, recipe, TrainingCallbacks(should_stop=lambda: True), CPU)


def test_class_with_too_few_images_prevents_folds(images: ImageSets) -> None:
    chosen = np.concatenate([np.flatnonzero(images.plain.labels == 0), np.flatnonzero(images.plain.labels == 1)[:4]])
    few = ImageSets(
        type(images.training)(
            images.training.pixels[chosen],
            images.training.aspects[chosen],
            images.training.labels[chosen],
            images.training.classes,
        ),
        type(images.plain)(
            images.plain.pixels[chosen],
            images.plain.labels[chosen],
            ("",) * len(chosen),
            ("",) * len(chosen),
            images.plain.classes,
        ),
        images.validation,
    )
    assert enough_for_folds(images)
    assert not enough_for_folds(few)
