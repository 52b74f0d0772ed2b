import math

import numpy as np
import pytest

from meadow_core.quality.drift import chi_square_tail, compare


# Critical values of the chi-square distribution, as printed in tables.
@pytest.mark.parametrize(
    ("statistic", "degrees", "tail"),
    [
        (3.841459, 1, 0.05),
        (10.827566, 1, 0.001),
        (5.991465, 2, 0.05),
        (7.814728, 3, 0.05),
        (13.276704, 4, 0.01),
        (14.067140, 7, 0.05),
        (18.307038, 10, 0.05),
        (37.652484, 25, 0.05),
    ],
)
def test_the_tail_is_that_of_the_chi_square_distribution(statistic: float, degrees: int, tail: float) -> None:
    assert chi_square_tail(statistic, degrees) == pytest.approx(tail, rel=1e-5)
    assert chi_square_tail(0, degrees) == pytest.approx(1)


def test_the_test_is_pearsons_where_every_cell_holds_enough() -> None:
    compared = compare({"a": 40, "b": 60}, {"a": 60, "b": 40})
    assert compared
    # Each of four cells is expected to hold 50 and is 10 off.
    assert compared.p_value == pytest.approx(chi_square_tail(4 * 10**2 / 50, 1))


def test_alike_is_no_drift_and_otherwise_is() -> None:
    before = {"0": 10, "1": 30, "2": 60}
    same = compare(before, {name: 7 * count for name, count in before.items()})
    other = compare(before, {"0": 600, "1": 300, "2": 100})
    assert same
    assert other
    assert same.psi < 0.001
    assert same.p_value > 0.99
    assert other.psi > 0.25
    assert other.p_value < 1e-6


def test_samples_of_one_distribution_are_rarely_called_different() -> None:
    """The p-value has to be one: below 0.05 in about one of twenty comparisons, small reference included."""
    rng = np.random.default_rng(0)
    shares = np.array([0.02, 0.08, 0.2, 0.3, 0.4])

    def draw(size: int) -> dict[str, int]:
        return {str(place): int(count) for place, count in enumerate(rng.multinomial(size, shares))}

    found = [compare(draw(73), draw(400)) for _ in range(400)]
    rejected = np.mean([one.p_value < 0.05 for one in found if one])
    assert 0.01 < rejected < 0.09


def test_a_bin_that_is_new_counts_and_nothing_is_no_comparison() -> None:
    new = compare({"grass": 100}, {"grass": 50, "moss": 50})
    assert new
    assert new.p_value < 1e-6
    assert math.isfinite(new.psi)
    assert compare({}, {"grass": 3}) is None
    assert compare({"grass": 3}, {}) is None
    one_bin = compare({"grass": 100}, {"grass": 50})
    assert one_bin
    assert one_bin.p_value == 1.0
