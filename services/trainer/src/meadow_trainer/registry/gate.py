"""Whether a new model takes the place of the one in production: a rule, the same every time, that gives its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from meadow.registry.model import GateDecision
from meadow.settings import Settings
from meadow_trainer.evaluation.evaluate import Measurement
from meadow_trainer.registry.mcnemar import PairedTest

_ROUNDING = 1e-9


@dataclass(frozen=True)
class PromotionRule:
    """What a challenger has to show on the hold-out, beside the champion."""

    min_gain: float
    """By how much its accuracy must be higher."""
    max_recall_drop: float
    """By how much its recall of any one class may be lower."""
    min_accuracy: float | None = None
    """Below it, it is refused; None asks for more than naming the largest class gives."""
    significance: float = 0.05
    """A p-value below it counts as found."""
    require_significance: bool = False
    """Whether the gain must be found, too. On a small hold-out even a large one is not."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
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
    """How a model answers today's hold-out, in all and image by image."""

    measurement: Measurement
    correct: Mapping[str, bool]
    """An image's sha256 -> whether the answer is right."""


@dataclass(frozen=True)
class GateResult:
    """What was decided, and why, in words for people."""

    decision: GateDecision
    reason: str
    gain: float | None = None
    p_value: float | None = None

    @property
    def promote(self) -> bool:
        """Whether the challenger goes into production."""
        return self.decision is GateDecision.PROMOTED


def apply_gate(challenger: HoldoutResult, champion: HoldoutResult | None, rule: PromotionRule) -> GateResult:
    """Decide on a challenger.

    Args:
        challenger: Its answers to the hold-out.
        champion: The production model's answers to the same images; None when nothing is in production.
        rule: What to ask for.
    """
    measured = challenger.measurement
    below_baseline = _below_baseline(measured, rule)
    if champion is None:
        if below_baseline:
            return GateResult(GateDecision.REFUSED, below_baseline)
        return GateResult(GateDecision.PROMOTED, f"The first model: {measured.accuracy:.1%} of the hold-out right.")
    before = champion.measurement
    gain = measured.accuracy - before.accuracy
    paired = PairedTest.of(challenger.correct, champion.correct)
    compared = (
        f"{measured.accuracy:.1%} of {measured.examples} hold-out images right, the model in production "
        f"{before.accuracy:.1%}; {paired.only_first} right by the new one alone, {paired.only_second} by the other "
        f"alone (McNemar p = {paired.p_value:.2g})"
    )

    decision, why = _decide(challenger, champion, paired, rule)
    if below_baseline:
        decision, why = GateDecision.REFUSED, f". {below_baseline}"
    return GateResult(decision, f"{compared}{why}", gain=gain, p_value=paired.p_value)


def _decide(
    challenger: HoldoutResult, champion: HoldoutResult, paired: PairedTest, rule: PromotionRule
) -> tuple[GateDecision, str]:
    """Decide, with the end of the sentence that says why."""
    measured, before = challenger.measurement, champion.measurement
    if paired.p_worse < rule.significance:
        return GateDecision.REFUSED, ": significantly worse."
    if measured.accuracy - before.accuracy < rule.min_gain - _ROUNDING:
        return GateDecision.KEPT, f": not better by {rule.min_gain:.1%}."
    if weaker := _recall_drop(measured, before, rule):
        return GateDecision.KEPT, f", but {weaker}."
    if rule.require_significance and paired.p_better >= rule.significance:
        return GateDecision.KEPT, f": the gain may be chance (one-sided p = {paired.p_better:.2g})."
    return GateDecision.PROMOTED, "."


def _below_baseline(measured: Measurement, rule: PromotionRule) -> str:
    """Say why a model is of no use whatever is in production; empty when it is of some."""
    if rule.min_accuracy is not None:
        if measured.accuracy >= rule.min_accuracy - _ROUNDING:
            return ""
        return f"It is right on {measured.accuracy:.1%} of the hold-out; at least {rule.min_accuracy:.1%} is asked for."
    largest = max(one.support for one in measured.per_class.values()) / measured.examples
    if measured.accuracy > largest + _ROUNDING:
        return ""
    return (
        f"It is right on {measured.accuracy:.1%} of the hold-out; naming the largest class, whatever the image shows, "
        f"is right on {largest:.1%}."
    )


def _recall_drop(measured: Measurement, before: Measurement, rule: PromotionRule) -> str:
    """Say of which class too many images are not found any more; empty when there is none."""
    for label, one in measured.per_class.items():
        recall = before.per_class[label].recall if label in before.per_class else 0.0
        if recall - one.recall > rule.max_recall_drop + _ROUNDING:
            return f"of class {label!r} it finds {one.recall:.1%} instead of {recall:.1%}"
    return ""
