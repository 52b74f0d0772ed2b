import numpy as np
import pytest

from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.slices import measure_slices


def _images(sides: list[int]) -> EvaluationImages:
    """Make images that are the brighter, the later they come; all of class 0."""
    count = len(sides)
    pixels = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None] * 20, (count, 8, 8, 3))
    nameless = ("",) * count
    return EvaluationImages(
        pixels, np.zeros(count, np.int64), nameless, nameless, ("a", "b"), np.array(sides, np.int64)
    )


def test_each_third_has_its_own_metrics() -> None:
    logits = np.log(np.array([[0.9, 0.1]] * 4 + [[0.4, 0.6]] * 2, dtype=np.float32))
    slices = measure_slices(_images([10, 20, 30, 40, 50, 60]), logits, temperature=1.0, threshold=0.8)
    assert [(one.by, one.low, one.high, one.images) for one in slices[:3]] == [
        ("short side", 10, 20, 2), ("short side", 30, 40, 2), ("short side", 50, 60, 2),
    ]  # fmt: skip
    assert [(one.accuracy, one.accepted_share) for one in slices[:3]] == [(1, 1), (1, 1), (0, 0)]
    assert slices[2].calibration_error == pytest.approx(0.6)
    assert [one.by for one in slices[3:]] == ["brightness"] * 3
    assert slices[-1].high == pytest.approx(100 / 255)


def test_identical_values_give_one_slice() -> None:
    slices = measure_slices(_images([50] * 6), np.zeros((6, 2), np.float32), temperature=1.0, threshold=0.5)
    assert [(one.by, one.images) for one in slices if one.by == "short side"] == [("short side", 6)]
