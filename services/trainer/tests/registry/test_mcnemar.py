"""McNemar's test, against values computed by hand."""

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
def test_p_values_are_binomial_tails(first: int, second: int, better: float, worse: float, both: float) -> None:
    test = PairedTest(first, second)
    assert (test.p_better, test.p_worse, test.p_value) == pytest.approx((better, worse, both))


def test_only_discordant_common_images_count() -> None:
    first = {"a": True, "b": True, "c": False, "d": True, "only here": True}
    second = {"a": True, "b": False, "c": True, "d": False, "only there": True}
    assert PairedTest.of(first, second) == PairedTest(only_first=2, only_second=1)


def test_many_images_give_exact_p_value() -> None:
    assert PairedTest(5_200, 4_800).p_better == pytest.approx(3.33e-5, rel=0.02)
