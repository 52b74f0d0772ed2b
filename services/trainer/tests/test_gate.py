"""The rule by which a model replaces the one in production."""

import numpy as np
import pytest

from meadow.settings import Settings
from meadow_trainer.evaluate import Measurement, measure
from meadow_trainer.gate import PromotionRule, judge

CLASSES = ("bee", "fly")
RULE = PromotionRule(min_gain=0.01, max_recall_drop=0.1)


def _measured(bees_found: int, flies_found: int, *, of: int = 50) -> Measurement:
    """Make a measurement with so many of each class found."""
    answers = [0] * bees_found + [1] * (of - bees_found) + [1] * flies_found + [0] * (of - flies_found)
    logits = np.eye(2, dtype=np.float32)[answers] * 4
    return measure(logits, np.array([0] * of + [1] * of), CLASSES)


def test_first_model_is_promoted() -> None:
    verdict = judge(_measured(30, 30), None, RULE)
    assert verdict.promote
    assert "first model" in verdict.reason


def test_better_model_is_promoted_with_both_numbers() -> None:
    verdict = judge(_measured(45, 45), _measured(40, 44), RULE)
    assert verdict.promote
    assert "90.0%" in verdict.reason
    assert "84.0%" in verdict.reason


@pytest.mark.parametrize("found", [40, 44, 45])
def test_model_that_is_no_better_is_not(found: int) -> None:
    verdict = judge(_measured(found, found), _measured(45, 45), RULE)
    assert not verdict.promote
    assert "not better" in verdict.reason


def test_a_gain_of_just_the_least_is_enough() -> None:
    assert judge(_measured(46, 45), _measured(45, 45), RULE).promote


def test_better_overall_but_blind_to_one_class_is_not() -> None:
    verdict = judge(_measured(50, 34), _measured(40, 40), PromotionRule(min_gain=0.01, max_recall_drop=0.1))
    assert not verdict.promote
    assert "'fly'" in verdict.reason


def test_rule_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEADOW_PROMOTION_MIN_GAIN", "0.2")
    assert not judge(_measured(45, 45), _measured(40, 40), PromotionRule.from_settings(Settings())).promote
