"""Promotion gate: promoted, kept and refused models."""

import dataclasses

import numpy as np
import pytest

from meadow.schemas.models import GateDecision
from meadow_core.settings import Settings
from meadow_trainer.evaluation.evaluate import correct_by_digest, measure
from meadow_trainer.registry.gate import HoldoutResult, PromotionRule, apply_gate

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


def test_gain_equal_to_minimum_is_promoted() -> None:
    assert apply_gate(_answers(46, 45), _answers(45, 45), RULE).promote


def test_insignificant_gain_is_kept_if_significance_is_required() -> None:
    strict = dataclasses.replace(RULE, require_significance=True)
    result = apply_gate(_answers(46, 45), _answers(45, 45), strict)
    assert result.decision is GateDecision.KEPT
    assert "is not significant" in result.reason
    assert apply_gate(_answers(49, 49), _answers(45, 45), strict).promote


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
    monkeypatch.setenv("MEADOW_PROMOTION_REQUIRE_SIGNIFICANCE", "true")
    rule = PromotionRule.from_settings(Settings())
    assert (rule.min_accuracy, rule.significance, rule.require_significance) == (0.95, 0.01, True)
