"""Classification metrics, against values computed by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow_trainer.evaluation.evaluate import expected_calibration_error, measure

CLASSES = ("bee", "fly", "moth")


def _logits(*rows: tuple[float, ...]) -> NDArray[np.float32]:
    return np.log(np.array(rows, dtype=np.float32))


def test_confusion_matrix_has_true_rows_and_predicted_columns() -> None:
    logits = _logits((0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.8, 0.1), (0.2, 0.2, 0.6))
    measured = measure(logits, np.array([0, 0, 1, 2]), CLASSES)
    assert measured.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert measured.accuracy == 0.75
    assert measured.examples == 4


def test_precision_and_recall_are_computed_per_class() -> None:
    logits = _logits((0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.8, 0.1), (0.6, 0.2, 0.2))
    per_class = measure(logits, np.array([0, 0, 1, 2]), CLASSES).per_class
    assert (per_class["bee"].recall, per_class["bee"].precision, per_class["bee"].support) == (0.5, 0.5, 2)
    assert (per_class["fly"].recall, per_class["fly"].precision) == (1.0, 0.5)
    assert (per_class["moth"].recall, per_class["moth"].precision) == (0.0, 0.0)


def test_loss_is_mean_negative_log_likelihood() -> None:
    measured = measure(_logits((0.5, 0.25, 0.25), (0.25, 0.5, 0.25)), np.array([0, 0]), CLASSES)
    assert measured.loss == pytest.approx((np.log(2) + np.log(4)) / 2, rel=1e-5)


def test_calibration_error_is_gap_between_confidence_and_accuracy() -> None:
    logits = _logits(*[(0.9, 0.05, 0.05)] * 10)
    labels = np.array([0] * 6 + [1] * 4)
    assert measure(logits, labels, CLASSES).calibration_error == pytest.approx(0.3, abs=1e-5)


def test_calibration_error_accepts_any_confidences() -> None:
    confidence, correct = np.array([0.9, 0.9, 0.6, 0.6]), np.array([True, True, True, False])
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.5 * 0.1 + 0.5 * 0.1)


def test_temperature_changes_confidence_but_no_prediction() -> None:
    logits, labels = _logits((0.7, 0.2, 0.1), (0.1, 0.6, 0.3)), np.array([0, 2])
    plain, cool = measure(logits, labels, CLASSES), measure(logits, labels, CLASSES, temperature=0.5)
    assert (plain.confusion == cool.confusion).all()
    assert cool.reliability[-1].confidence > plain.reliability[-1].confidence
