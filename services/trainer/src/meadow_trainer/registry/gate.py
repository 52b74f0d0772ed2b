"""Promotion gate: decides by rule whether a challenger replaces the champion, and gives the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from meadow.schemas.models import GateDecision
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.evaluation.evaluate import Measurement
from meadow_trainer.registry.mcnemar import PairedTest

_ROUNDING = 1e-9


@dataclass(frozen=True)
class PromotionRule:
    """Conditions that a challenger must meet on the hold-out to be promoted."""

    min_gain: float
    """Smallest gain in accuracy."""
    max_recall_drop: float
    """Largest accepted drop of any class's recall."""
    min_accuracy: float | None = None
    """Smallest accuracy; None requires more than the majority-class baseline."""
    significance: float = 0.05
    """Significance level of the p-values."""
    require_significance: bool = False
    """Whether the gain must be significant. On a small hold-out even a large one is not."""

    @classmethod
    def from_settings(cls, settings: TrainerSettings) -> Self:
        """Read the rule from `MEADOW_PROMOTION_...`."""
        return cls(
            min_gain=settings.promotion_min_gain,
            max_recall_drop=settings.promotion_max_recall_drop,
            min_accuracy=settings.promotion_min_accuracy,
            significance=settings.promotion_significance,
            require_significance=settings.promotion_require_significance,
        )


@dataclass(frozen=True)
class HoldoutResult:
    """A model's metrics on the hold-out, in total and image by image."""

    measurement: Measurement
    correct: Mapping[str, bool]
    """An image's sha256 -> whether it is classified correctly."""


@dataclass(frozen=True)
class GateResult:
    """The gate's decision, with its reason as text."""

    decision: GateDecision
    reason: str
    gain: float | None = None
    p_value: float | None = None

    @property
    def promote(self) -> bool:
        """Whether the challenger is promoted."""
        return self.decision is GateDecision.PROMOTED


def apply_gate(challenger: HoldoutResult, champion: HoldoutResult | None, rule: PromotionRule) -> GateResult:
    """Apply the gate to a challenger.

    Args:
        challenger: Its result on the hold-out.
        champion: The production model's result on the same images; None when nothing is in production.
        rule: The conditions.
    """
    measured = challenger.measurement
    below_baseline = _below_baseline(measured, rule)
    if champion is None:
        if below_baseline:
            return GateResult(GateDecision.REFUSED, below_baseline)
        return GateResult(GateDecision.PROMOTED, f"The first model: {measured.accuracy:.1%} hold-out accuracy.")
    before = champion.measurement
    gain = measured.accuracy - before.accuracy
    paired = PairedTest.of(challenger.correct, champion.correct)
    compared = (
        f"{measured.accuracy:.1%} accuracy on {measured.examples} hold-out images, the model in production "
        f"{before.accuracy:.1%}; {paired.only_first} correct only by the new, {paired.only_second} only by the other "
        f"(McNemar p = {paired.p_value:.2g})"
    )

    decision, why = _decide(challenger, champion, paired, rule)
    if below_baseline:
        decision, why = GateDecision.REFUSED, f". {below_baseline}"
    return GateResult(decision, f"{compared}{why}", gain=gain, p_value=paired.p_value)


def _decide(
    challenger: HoldoutResult, champion: HoldoutResult, paired: PairedTest, rule: PromotionRule
) -> tuple[GateDecision, str]:
    """Return the decision, and the end of the sentence that gives the reason."""
    measured, before = challenger.measurement, champion.measurement
    if paired.p_worse < rule.significance:
        return GateDecision.REFUSED, ": significantly worse."
    if measured.accuracy - before.accuracy < rule.min_gain - _ROUNDING:
        return GateDecision.KEPT, f": not better by {rule.min_gain:.1%}."
    if weaker := _recall_drop(measured, before, rule):
        return GateDecision.KEPT, f", but {weaker}."
    if rule.require_significance and paired.p_better >= rule.significance:
        return GateDecision.KEPT, f": the gain is not significant (one-sided p = {paired.p_better:.2g})."
    return GateDecision.PROMOTED, "."


def _below_baseline(measured: Measurement, rule: PromotionRule) -> str:
    """Return why a model is refused regardless of the champion; empty when it is not."""
    if rule.min_accuracy is not None:
        if measured.accuracy >= rule.min_accuracy - _ROUNDING:
            return ""
        return f"Its hold-out accuracy is {measured.accuracy:.1%}; at least {rule.min_accuracy:.1%} is required."
    largest = max(one.support for one in measured.per_class.values()) / measured.examples
    if measured.accuracy > largest + _ROUNDING:
        return ""
    return f"Its hold-out accuracy is {measured.accuracy:.1%}; always predicting the largest class gives {largest:.1%}."


def _recall_drop(measured: Measurement, before: Measurement, rule: PromotionRule) -> str:
    """Return which class lost too much recall; empty when none did."""
    for label, one in measured.per_class.items():
        recall = before.per_class[label].recall if label in before.per_class else 0.0
        if recall - one.recall > rule.max_recall_drop + _ROUNDING:
            return f"the recall of class {label!r} is {one.recall:.1%} instead of {recall:.1%}"
    return ""
