"""ROC and precision-recall metrics, against values computed by hand."""

import numpy as np
import pytest

from meadow_trainer.evaluation.roc_pr import auroc, precision_recall


def test_auroc_is_probability_that_higher_group_scores_higher() -> None:
    assert auroc(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 1
    assert auroc(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 0
    assert auroc(np.array([1.0, 3.0]), np.array([2.0])) == 0.5
    assert auroc(np.array([1.0]), np.array([1.0, 2.0])) == 0.75


def test_falling_threshold_traces_precision_and_recall() -> None:
    curve = precision_recall(np.array([0.9, 0.2, 0.6, 0.4]), np.array([True, False, False, True]))
    assert curve.precision == pytest.approx([1, 1 / 2, 2 / 3, 2 / 4])
    assert curve.recall == pytest.approx([0.5, 0.5, 1, 1])
    assert curve.average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_equal_scores_give_one_point() -> None:
    curve = precision_recall(np.array([0.5, 0.5]), np.array([True, False]))
    assert (curve.precision.tolist(), curve.recall.tolist()) == ([0.5], [1.0])
