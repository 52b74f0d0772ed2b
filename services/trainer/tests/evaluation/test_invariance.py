"""Invariance tests on a network whose prediction is known for every perturbation."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Logits, predict
from meadow_trainer.evaluation.invariance import check_must_pass, measure_invariance


class BrighterLeft(nn.Module):
    """Predicts 1 where the left half is brighter than the right."""

    def forward(self, images: Tensor) -> Tensor:
        half = images.shape[3] // 2
        gap = images[..., :half].mean((1, 2, 3)) - images[..., half:].mean((1, 2, 3))
        return torch.stack([-gap, gap], 1)


def brighter_left(pixels: NDArray[np.uint8]) -> Logits:
    return predict(BrighterLeft(), pixels, torch.device("cpu"))


@pytest.fixture
def images() -> EvaluationImages:
    pixels = np.full((4, 16, 16, 3), 40, dtype=np.uint8)
    pixels[:2, :, :8] = 150
    pixels[2:, :, 8:] = 150
    return EvaluationImages(pixels, np.array([1, 1, 0, 1]), ("a", "b", "c", "d"), ("",) * 4, ("right", "left"))


def test_only_mirroring_changes_predictions_of_left_right_network(images: EvaluationImages) -> None:
    unchanged = measure_invariance(brighter_left, images, brighter_left(images.pixels))
    assert unchanged == {"mirrored": 0, "darker": 1, "brighter": 1, "smaller": 1, "larger": 1}


def test_misclassified_must_pass_image_is_named(images: EvaluationImages, caplog: pytest.LogCaptureFixture) -> None:
    result = check_must_pass(brighter_left, images, ["f00"])
    assert (result.images, result.wrong, result.missing) == (4, ("d",), ("f00",))
    assert "f00" in caplog.text


def test_no_must_pass_images_means_no_failure(images: EvaluationImages) -> None:
    none = EvaluationImages(images.pixels[:0], images.labels[:0], (), (), images.classes)
    assert check_must_pass(brighter_left, none, []).wrong == ()
