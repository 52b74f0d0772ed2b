"""Promotion gate: promoted, kept and refused models."""

import dataclasses

import numpy as np
import pytest

from meadow.schemas.models import GateDecision
from meadow_core.settings import Settings
from meadow_trainer.evaluation.evaluate import correct_by_digest, measure
from meadow_trainer.registry.gate import Comparison, HoldoutResult, PromotionRule, apply_gate
from meadow_trainer.registry.growth import TrainingGrowth

CLASSES = ("bee", "fly")
RULE = PromotionRule(min_gain=0.01, max_recall_drop=0.1)


def _answers(bees_found: int, flies_found: int, *, bees: int = 50, flies: int = 50) -> HoldoutResult:
    """Find so many of each class; models of this kind find the same images first."""
    answers = [0] * bees_found + [1] * (bees - bees_found) + [1] * flies_found + [0] * (flies - flies_found)
    logits = np.eye(2, dtype=np.float32)[answers] * 4
    labels = np.array([0] * bees + [1] * flies)
    return HoldoutResult(
        measure(logits, labels, CLASSES), correct_by_digest(logits, labels, [str(n) for n in range(len(labels))])
    )


def test_first_model_is_promoted() -> None:
    result = apply_gate(_answers(30, 30), None, RULE)
    assert result.promote
    assert "first model" in result.reason
    assert (result.gain, result.p_value) == (None, None)


def test_better_model_is_promoted_with_accuracies_and_p_value() -> None:
    result = apply_gate(_answers(45, 45), _answers(40, 44), RULE)
    assert result.promote
    assert "90.0%" in result.reason
    assert "84.0%" in result.reason
    assert "6 correct only by the new, 0 only by the other (McNemar p = 0.031)" in result.reason
    assert result.gain == pytest.approx(0.06)
    assert result.p_value == pytest.approx(2 / 64)


@pytest.mark.parametrize("found", [43, 44, 45])
def test_model_without_gain_is_kept(found: int) -> None:
    result = apply_gate(_answers(found, found), _answers(45, 45), RULE)
    assert result.decision is GateDecision.KEPT
    assert "not better" in result.reason


def test_significantly_worse_model_is_refused() -> None:
    result = apply_gate(_answers(40, 40), _answers(45, 45), RULE)
    assert result.decision is GateDecision.REFUSED
    assert "significantly worse" in result.reason
    assert result.gain == pytest.approx(-0.1)


def test_gain_equal_to_minimum_is_promoted_where_no_significance_is_required() -> None:
    lenient = dataclasses.replace(RULE, require_significance=False)
    assert apply_gate(_answers(46, 45), _answers(45, 45), lenient).promote


def test_gain_that_may_be_chance_keeps_the_present_model_and_says_so_with_the_numbers() -> None:
    result = apply_gate(_answers(46, 45), _answers(45, 45), RULE)
    assert result.decision is GateDecision.KEPT
    assert "The present model stays, because the difference may be chance: one-sided p = 0.5" in result.reason
    assert "comparison 1 needs at most 0.017 (as 6 to 0 would give)" in result.reason
    assert "at most 5%" in result.reason


@pytest.mark.parametrize(("number", "promoted"), [(1, True), (2, False), (52, False)])
def test_evidence_must_be_stronger_the_more_often_one_has_compared(number: int, *, promoted: bool) -> None:
    """6 to 0 is p = 0.016: enough for the first comparison only."""
    result = apply_gate(_answers(45, 45), _answers(42, 42), RULE, Comparison(number))
    assert result.promote is promoted
    assert f"comparison {number} needs" in result.reason


def test_strong_evidence_is_enough_after_a_year() -> None:
    assert apply_gate(_answers(49, 49), _answers(40, 40), RULE, Comparison(52)).promote


GROWN = Comparison(3, TrainingGrowth(before=100, now=140, kept=99))


def test_equal_quality_of_more_training_images_is_promoted_with_reason() -> None:
    rule = dataclasses.replace(RULE, margin=0.1)
    result = apply_gate(_answers(46, 44), _answers(45, 45), rule, GROWN)
    assert result.promote
    assert "as good, and trained on 40% more training images (140 instead of 100)" in result.reason
    assert "A loss of 10.0% is excluded" in result.reason


@pytest.mark.parametrize(
    ("growth", "margin", "found", "why"),
    [
        (None, 0.1, 45, "not better by 1.0%. The present model stays."),
        (TrainingGrowth(before=100, now=119, kept=100), 0.1, 45, "not better by 1.0%. The present model stays."),
        (TrainingGrowth(before=100, now=300, kept=94), 0.1, 45, "not better by 1.0%. The present model stays."),
        (TrainingGrowth(before=100, now=120, kept=95), 0.02, 45, "a loss of 2.0% is not excluded on 100 images."),
        (TrainingGrowth(before=100, now=120, kept=95), 0.1, 44, "do not make up for lower accuracy."),
    ],
)
def test_equal_quality_is_kept_without_clearly_more_images_or_proof(
    growth: TrainingGrowth | None, margin: float, found: int, why: str
) -> None:
    rule = dataclasses.replace(RULE, margin=margin)
    result = apply_gate(_answers(found, 45), _answers(45, 45), rule, Comparison(1, growth))
    assert result.decision is GateDecision.KEPT
    assert result.reason.endswith(why)


def test_equal_quality_is_never_enough_if_that_is_set() -> None:
    rule = dataclasses.replace(RULE, margin=0.1, more_images=None)
    assert apply_gate(_answers(46, 44), _answers(45, 45), rule, GROWN).decision is GateDecision.KEPT


def test_more_images_do_not_excuse_a_recall_drop() -> None:
    rule = dataclasses.replace(RULE, margin=0.5)
    result = apply_gate(_answers(50, 39), _answers(44, 45), rule, GROWN)
    assert result.decision is GateDecision.KEPT
    assert "'fly'" in result.reason


def test_better_model_with_recall_drop_is_kept() -> None:
    result = apply_gate(_answers(50, 34), _answers(40, 40), RULE)
    assert result.decision is GateDecision.KEPT
    assert "'fly'" in result.reason


@pytest.mark.parametrize("champion", [None, _answers(50, 0), _answers(10, 10)])
def test_majority_class_model_is_refused_with_and_without_champion(champion: HoldoutResult | None) -> None:
    result = apply_gate(_answers(80, 0, bees=80, flies=20), champion, RULE)
    assert result.decision is GateDecision.REFUSED
    assert "always predicting the largest class gives 80.0%" in result.reason


def test_model_below_minimum_accuracy_is_refused() -> None:
    result = apply_gate(_answers(40, 40), None, dataclasses.replace(RULE, min_accuracy=0.9))
    assert result.decision is GateDecision.REFUSED
    assert "at least 90.0% is required" in result.reason
    assert apply_gate(_answers(80, 0, bees=80, flies=20), None, dataclasses.replace(RULE, min_accuracy=0.0)).promote


def test_rule_is_read_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEADOW_PROMOTION_MIN_GAIN", "0.2")
    assert not apply_gate(_answers(45, 45), _answers(40, 40), PromotionRule.from_settings(Settings())).promote
    monkeypatch.setenv("MEADOW_PROMOTION_MIN_ACCURACY", "0.95")
    monkeypatch.setenv("MEADOW_PROMOTION_SIGNIFICANCE", "0.01")
    monkeypatch.setenv("MEADOW_PROMOTION_REQUIRE_SIGNIFICANCE", "false")
    monkeypatch.setenv("MEADOW_PROMOTION_ERROR_RATE", "0.02")
    monkeypatch.setenv("MEADOW_PROMOTION_MORE_IMAGES", "0.5")
    monkeypatch.setenv("MEADOW_PROMOTION_MARGIN", "0.03")
    rule = PromotionRule.from_settings(Settings())
    assert (rule.min_accuracy, rule.significance, rule.require_significance) == (0.95, 0.01, False)
    assert (rule.error_rate, rule.more_images, rule.margin) == (0.02, 0.5, 0.03)


def test_default_rule_asks_for_evidence() -> None:
    rule = PromotionRule.from_settings(Settings())
    assert rule == PromotionRule(min_gain=0.005, max_recall_drop=0.05)
    assert rule.require_significance
