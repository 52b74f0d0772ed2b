"""Temperature and threshold come from the images, and only as far as these can tell."""

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow.bundle.scores import probabilities
from meadow_trainer.calibrate import choose_threshold, fit_temperature


def _answers(count: int, *, right: float, confidence: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Make answers for class 0 of two, all equally sure, of which a share is right."""
    logits = np.tile(np.log([[confidence, 1 - confidence]]), (count, 1)).astype(np.float32)
    labels = (np.arange(count) >= round(count * right)).astype(np.int64)
    return logits, labels


@pytest.mark.parametrize(("confidence", "right"), [(0.99, 0.8), (0.6, 0.8), (0.8, 0.8)])
def test_confidence_becomes_the_share_that_is_right(confidence: float, right: float) -> None:
    logits, labels = _answers(1000, right=right, confidence=confidence)
    temperature = fit_temperature(logits, labels)
    assert probabilities(logits, temperature)[0, 0] == pytest.approx(right, abs=0.02)


def test_a_handful_of_right_answers_does_not_make_certainty() -> None:
    logits, labels = _answers(20, right=1.0, confidence=0.8)
    assert 0.4 < fit_temperature(logits, labels) < 1.0


def test_too_few_images_leave_probabilities_alone(caplog: pytest.LogCaptureFixture) -> None:
    logits, labels = _answers(5, right=0.2, confidence=0.9)
    assert fit_temperature(logits, labels) == 1.0
    assert "Only 5 images" in caplog.text


def test_threshold_leaves_out_the_answers_that_are_often_wrong() -> None:
    sure, unsure = np.tile([[0.9, 0.1]], (80, 1)), np.tile([[0.6, 0.4]], (20, 1))
    labels = np.array([0] * 80 + [1] * 20)
    assert choose_threshold(np.concatenate([sure, unsure]), labels) == pytest.approx(0.9)


def test_threshold_is_what_chance_gives_when_every_answer_is_right() -> None:
    answers = np.concatenate([np.tile([[0.9, 0.1]], (20, 1)), [[0.5, 0.5]]])
    assert choose_threshold(answers, np.zeros(21, dtype=np.int64)) == 0.5


def test_threshold_is_high_when_sure_answers_are_wrong() -> None:
    assert choose_threshold(np.tile([[0.9, 0.1]], (20, 1)), np.ones(20, dtype=np.int64)) == 0.95


def test_threshold_without_images_is_half_way_to_certainty() -> None:
    assert choose_threshold(np.empty((0, 4)), np.empty(0, dtype=np.int64)) == pytest.approx(0.625)
