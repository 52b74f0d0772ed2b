"""Temperature scaling and the choice of the decision threshold."""

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow_core.bundle.scores import probabilities
from meadow_trainer.calibration.calibrate import calibrate, choose_threshold, fit_temperature


def _predictions(count: int, *, right: float, confidence: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Make predictions of class 0 of two with equal confidence, of which a share is correct."""
    logits = np.tile(np.log([[confidence, 1 - confidence]]), (count, 1)).astype(np.float32)
    labels = (np.arange(count) >= round(count * right)).astype(np.int64)
    return logits, labels


@pytest.mark.parametrize(("confidence", "right"), [(0.99, 0.8), (0.6, 0.8), (0.8, 0.8)])
def test_temperature_matches_confidence_to_accuracy(confidence: float, right: float) -> None:
    logits, labels = _predictions(1000, right=right, confidence=confidence)
    temperature = fit_temperature(logits, labels)
    assert probabilities(logits, temperature)[0, 0] == pytest.approx(right, abs=0.02)


def test_few_correct_predictions_do_not_give_near_certainty() -> None:
    logits, labels = _predictions(20, right=1.0, confidence=0.8)
    assert 0.4 < fit_temperature(logits, labels) < 1.0


def test_too_few_images_leave_temperature_at_one(caplog: pytest.LogCaptureFixture) -> None:
    logits, labels = _predictions(5, right=0.2, confidence=0.9)
    assert fit_temperature(logits, labels) == 1.0
    assert "Only 5 images" in caplog.text


def test_threshold_excludes_often_wrong_predictions() -> None:
    sure, unsure = np.tile([[0.9, 0.1]], (160, 1)), np.tile([[0.6, 0.4]], (40, 1))
    labels = np.array([0] * 160 + [1] * 40)
    assert choose_threshold(np.concatenate([sure, unsure]), labels, target=0.98) == pytest.approx((0.9, 1))


def test_all_correct_predictions_give_chance_threshold() -> None:
    answers = np.concatenate([np.tile([[0.9, 0.1]], (160, 1)), [[0.5, 0.5]]])
    assert choose_threshold(answers, np.zeros(161, dtype=np.int64), target=0.98) == (0.5, True)


def test_errorless_predictions_too_few_to_show_target_are_accepted_without_the_claim() -> None:
    answers = np.concatenate([np.tile([[0.9, 0.1]], (100, 1)), [[0.5, 0.5]]])
    assert choose_threshold(answers, np.zeros(101, dtype=np.int64), target=0.98) == (0.5, False)


def test_few_correct_predictions_do_not_reach_target() -> None:
    answers = np.concatenate([np.tile([[0.9, 0.1]], (20, 1)), np.tile([[0.6, 0.4]], (20, 1))])
    labels = np.array([0] * 20 + [1] * 20)
    assert choose_threshold(answers, labels, target=0.98) == pytest.approx((0.9, 0))


def test_wrong_confident_predictions_give_high_threshold() -> None:
    answers = np.tile([[0.9, 0.1]], (20, 1))
    assert choose_threshold(answers, np.ones(20, dtype=np.int64), target=0.98) == (0.95, False)


def test_no_images_give_threshold_halfway_to_certainty() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert choose_threshold(np.empty((0, 4)), nothing, target=0.98) == pytest.approx((0.625, 0))


def test_accepted_predictions_reach_target_on_new_images() -> None:
    """Perfectly calibrated predictions, so that the guarantee can be checked: above t, (1 + t) / 2 are right."""
    rng = np.random.default_rng(0)
    thresholds = []
    for _ in range(100):
        top = rng.uniform(0.5, 1, 2000)
        answers = np.stack([top, 1 - top], axis=1)
        labels = (rng.random(2000) > top).astype(np.int64)
        threshold, reached = choose_threshold(answers, labels, target=0.9)
        assert reached
        thresholds.append(threshold)
    assert np.mean([(1 + one) / 2 >= 0.9 for one in thresholds]) >= 0.95
    assert np.mean(thresholds) < 0.86, "most of what could be accepted is"


def test_record_holds_accuracy_and_share_at_threshold(caplog: pytest.LogCaptureFixture) -> None:
    logits, labels = _predictions(40, right=0.9, confidence=0.9)
    made = calibrate(logits, labels, method="cross-fit", target=0.98)
    assert (made.record.images, made.record.target_reached) == (40, False)
    assert (made.record.accepted_share, made.record.accepted_accuracy) == pytest.approx((1.0, 0.9))
    assert "98 %" in caplog.text


def test_no_images_give_record_without_claims() -> None:
    made = calibrate(np.empty((0, 2), np.float32), np.empty(0, np.int64), method="none", target=0.98)
    assert (made.temperature, made.threshold) == (1.0, 0.75)
    assert made.record.accepted_share is None
    assert not made.record.target_reached
