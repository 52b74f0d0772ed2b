"""Binomial tails, against sums of integers."""

from fractions import Fraction
from math import comb

import pytest

from meadow_trainer.evaluation.binomial import lower_tail


def _exact(successes: int, trials: int, share: Fraction) -> float:
    terms = (comb(trials, one) * share**one * (1 - share) ** (trials - one) for one in range(successes + 1))
    return float(sum(terms))


@pytest.mark.parametrize(
    ("successes", "trials", "share"),
    [(0, 149, Fraction(1, 50)), (3, 10, Fraction(1, 2)), (9, 10, Fraction(1, 3)), (30, 900, Fraction(1, 20))],
)
def test_tail_equals_exact_sum(successes: int, trials: int, share: Fraction) -> None:
    assert lower_tail(successes, trials, float(share)) == pytest.approx(_exact(successes, trials, share), rel=1e-9)


@pytest.mark.parametrize(
    ("successes", "trials", "share", "tail"),
    [(0, 0, 0.5, 1.0), (5, 5, 0.5, 1.0), (0, 9, 0.0, 1.0), (8, 9, 1.0, 0.0), (9, 9, 1.0, 1.0)],
)
def test_ends_of_ranges(successes: int, trials: int, share: float, tail: float) -> None:
    assert lower_tail(successes, trials, share) == tail


def test_thousands_of_trials_do_not_underflow() -> None:
    assert lower_tail(49_000, 100_000, 0.5) == pytest.approx(1.3e-10, rel=0.2)
