"""The paired test, against values worked out by hand."""

import pytest

from meadow_trainer.registry.mcnemar import PairedTest


@pytest.mark.parametrize(
    ("first", "second", "better", "worse", "both"),
    [
        (0, 0, 1.0, 1.0, 1.0),
        (1, 0, 0.5, 1.0, 1.0),
        (5, 0, 1 / 32, 1.0, 1 / 16),
        (2, 2, 11 / 16, 11 / 16, 1.0),
        (1, 9, 1023 / 1024, 11 / 1024, 22 / 1024),
    ],
)
def test_tails_of_a_fair_coin(first: int, second: int, better: float, worse: float, both: float) -> None:
    test = PairedTest(first, second)
    assert (test.p_better, test.p_worse, test.p_value) == pytest.approx((better, worse, both))


def test_only_images_that_both_answered_and_one_got_right_count() -> None:
    first = {"a": True, "b": True, "c": False, "d": True, "only here": True}
    second = {"a": True, "b": False, "c": True, "d": False, "only there": True}
    assert PairedTest.of(first, second) == PairedTest(only_first=2, only_second=1)


def test_many_images_are_no_trouble() -> None:
    assert PairedTest(5_200, 4_800).p_better == pytest.approx(3.33e-5, rel=0.02)
