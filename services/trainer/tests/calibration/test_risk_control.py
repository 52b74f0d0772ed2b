"""Thresholds whose accepted predictions are shown to reach a target."""

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow_trainer.calibration.risk_control import controlled_threshold

TARGET = 0.98
FEWEST = 149
"""Errorless predictions that show 98 %: 0.98 ** 149 is just below 5 %."""


def _falling(count: int, wrong: tuple[int, ...] = ()) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return falling confidences near one, and which predictions are correct."""
    correct = np.ones(count, dtype=bool)
    correct[list(wrong)] = False
    return np.linspace(0.9999, 0.99, count), correct


@pytest.mark.parametrize(("count", "reached"), [(FEWEST - 1, False), (FEWEST, True)])
def test_target_takes_as_many_errorless_predictions_as_bound_of_clopper_and_pearson(
    count: int, *, reached: bool
) -> None:
    confidence, correct = _falling(count)
    assert (controlled_threshold(confidence, correct, target=TARGET) is not None) is reached


def test_sequence_ends_before_error_that_shows_no_target() -> None:
    confidence, correct = _falling(200, wrong=(170,))
    assert controlled_threshold(confidence, correct, target=TARGET) == confidence[169]


def test_order_of_images_does_not_matter() -> None:
    confidence, correct = _falling(200, wrong=(170,))
    order = np.random.default_rng(0).permutation(200)
    assert controlled_threshold(confidence[order], correct[order], target=TARGET) == confidence[169]


def test_one_confident_error_among_many_images_does_not_forbid_all() -> None:
    """As an image with a wrong label is."""
    confidence, correct = _falling(1000, wrong=(3,))
    assert controlled_threshold(confidence, correct, target=TARGET) == confidence[-1]


def test_start_depends_on_confidences_only() -> None:
    """Else the best of many starts would be taken, which chance makes good."""
    confidence, correct = _falling(1000)
    lowest = controlled_threshold(confidence, correct, target=TARGET)
    assert lowest == confidence[-1]
    broken = correct.copy()
    broken[::20] = False
    assert controlled_threshold(confidence, broken, target=TARGET) is None
    broken[:FEWEST] = True
    assert controlled_threshold(confidence, broken, target=TARGET) is None, "not sought among the first ones"


def test_equal_confidences_are_accepted_together() -> None:
    confidence = np.repeat([0.999, 0.99], [160, 40])
    correct = np.arange(200) < 180
    assert controlled_threshold(confidence, correct, target=TARGET) == 0.999


def test_no_images_show_nothing() -> None:
    assert controlled_threshold(np.empty(0), np.empty(0, dtype=bool), target=TARGET) is None
