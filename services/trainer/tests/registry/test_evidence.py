"""Levels of comparisons, and the test of "not worse" against sums over all outcomes."""

from math import comb

import numpy as np
import pytest

from meadow_trainer.registry.evidence import is_not_worse, level_of
from meadow_trainer.registry.mcnemar import PairedTest


def test_levels_add_up_to_the_rate_and_no_more() -> None:
    levels = [level_of(number, 0.05) for number in range(1, 100_000)]
    assert sum(levels[:52]) < sum(levels) < 0.05
    assert sum(levels) == pytest.approx(0.05, rel=1e-4)
    assert levels == sorted(levels, reverse=True)


def _probability(only_first: int, only_second: int, images: int, shares: tuple[float, float]) -> float:
    neither = images - only_first - only_second
    ways = comb(images, only_first) * comb(images - only_first, only_second)
    return float(ways * shares[0] ** only_first * shares[1] ** only_second * (1 - sum(shares)) ** neither)


IMAGES, MARGIN, LEVEL = 40, 0.2, 0.05


@pytest.fixture(scope="module")
def shown() -> list[tuple[int, int]]:
    """The outcomes of forty images that are taken for no loss."""
    return [
        (first, second)
        for first in range(IMAGES + 1)
        for second in range(IMAGES - first + 1)
        if is_not_worse(PairedTest(first, second), IMAGES, margin=MARGIN, level=LEVEL)
    ]


@pytest.mark.parametrize("only_first", [0.0, 0.02, 0.1, 0.3])
def test_a_loss_of_the_margin_is_rarely_taken_for_no_loss(shown: list[tuple[int, int]], only_first: float) -> None:
    """Exactly, however often the models differ."""
    shares = only_first, only_first + MARGIN
    assert 0.001 < sum(_probability(*outcome, IMAGES, shares) for outcome in shown) <= LEVEL


def test_equal_models_are_mostly_taken_for_no_loss(shown: list[tuple[int, int]]) -> None:
    assert sum(_probability(*outcome, IMAGES, (0.02, 0.02)) for outcome in shown) > 0.6


@pytest.mark.parametrize(("images", "shown"), [(60, False), (200, True)])
def test_models_that_agree_need_images_enough(images: int, *, shown: bool) -> None:
    """0.95 ** 60 is 4.6 %, above the level less what the nuisance parameter costs."""
    assert is_not_worse(PairedTest(0, 0), images, margin=0.05, level=0.045) is shown


def test_many_images_show_a_small_difference() -> None:
    assert is_not_worse(PairedTest(200, 205), 10_000, margin=0.01, level=0.001)
    assert not is_not_worse(PairedTest(200, 280), 10_000, margin=0.01, level=0.001)


def test_models_that_differ_everywhere_show_nothing() -> None:
    assert not is_not_worse(PairedTest(10, 10), 20, margin=0.05, level=0.05)


def test_decision_is_monotone_in_the_loss() -> None:
    shown = [is_not_worse(PairedTest(5, worse), 300, margin=0.05, level=0.01) for worse in range(30)]
    assert shown == sorted(shown, reverse=True)
    assert np.any(shown)
    assert not np.all(shown)
