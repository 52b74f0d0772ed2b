"""Hyperparameters chosen for settings that the configuration leaves open."""

from typing import Literal

import pytest
import torch

from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.training.architectures import empty_network
from meadow_trainer.training.recipe import Recipe, choose_precision, choose_recipe, validation_percent, view_sizes

CPU = torch.device("cpu")
RESNET = empty_network("resnet18", 2)


def _recipe(images: int, *, fine_tuning: bool = False, **config: object) -> Recipe:
    asked = TrainingConfig.model_validate(config)
    return choose_recipe(asked, images=images, fine_tuning=fine_tuning, network=RESNET, device=CPU)


def test_smaller_data_set_gets_more_epochs() -> None:
    assert _recipe(200).epochs > _recipe(2_000).epochs > _recipe(200_000).epochs > 1


def test_fine_tuning_has_fewer_epochs_and_lower_rate() -> None:
    fresh, tuned = _recipe(500), _recipe(500, fine_tuning=True)
    assert tuned.epochs < fresh.epochs
    assert tuned.learning_rate < fresh.learning_rate


def test_validation_split_is_chosen_only_with_enough_images() -> None:
    assert validation_percent(TrainingConfig(), 499) == 0
    assert validation_percent(TrainingConfig(), 500) == 10
    assert validation_percent(TrainingConfig(validation_percent=20), 50) == 20
    assert validation_percent(TrainingConfig(calibration="validation"), 50) == 15


def test_explicit_settings_are_kept() -> None:
    recipe = _recipe(500, epochs=7, learning_rate=0.01, max_minutes=2)
    assert (recipe.epochs, recipe.learning_rate, recipe.max_seconds) == (7, 0.01, 120)


def test_batch_size_is_at_most_data_set_size() -> None:
    assert _recipe(5).batch_size == 5


def test_patience_is_set_only_with_enough_validation_images() -> None:
    asked = TrainingConfig(epochs=50)

    def patience(config: TrainingConfig, validation_images: int) -> int | None:
        return choose_recipe(
            config, images=500, fine_tuning=False, network=RESNET, device=CPU, validation_images=validation_images
        ).patience

    assert patience(asked, 0) is None
    assert patience(asked, 10) is None, "too few to tell"
    assert patience(asked, 50) == 15
    for images in (10, 50):
        assert patience(asked.model_copy(update={"patience": 4}), images) == 4
        assert patience(asked.model_copy(update={"patience": 0}), images) is None


@pytest.mark.parametrize(
    ("wanted", "skew", "balanced"),
    [("auto", 2.9, False), ("auto", 3.0, True), ("sampling", 1.0, True), ("none", 9.0, False)],
)
def test_imbalanced_classes_are_balanced(
    wanted: Literal["auto", "sampling", "none"],
    skew: float,
    balanced: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    config = TrainingConfig(class_balance=wanted)
    recipe = choose_recipe(config, images=500, fine_tuning=False, network=RESNET, device=CPU, skew=skew)
    assert recipe.balanced is balanced


def test_network_without_batch_norm_gets_lower_rate() -> None:
    network = empty_network("squeezenet1_1", 2)
    recipe = choose_recipe(TrainingConfig(), images=100, fine_tuning=False, network=network, device=CPU)
    assert recipe.learning_rate < _recipe(100).learning_rate


@pytest.mark.parametrize(("image_size", "expected"), [(112, (64, 112)), (224, (128, 224)), (32, (32, 32))])
def test_early_view_size_is_smaller_than_image_size(image_size: int, expected: tuple[int, int]) -> None:
    assert view_sizes(image_size, flexible=True) == expected


def test_inflexible_network_gets_views_of_image_size() -> None:
    assert view_sizes(224, flexible=False) == (224, 224)


def test_bfloat16_is_chosen_only_with_hardware_support(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert choose_precision("auto", CPU) is torch.bfloat16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    assert choose_precision("auto", CPU) is torch.float32
    assert choose_precision("bfloat16", CPU) is torch.bfloat16
