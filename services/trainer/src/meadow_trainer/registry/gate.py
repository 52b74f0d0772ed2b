"""Promotion gate: decides by rule whether a challenger replaces the champion, and gives the reason.

A challenger is promoted for a gain that chance does not explain, however often one retrains; or, as good as the
champion, for clearly more training images. Replacing nothing is a good outcome.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from meadow.schemas.models import GateDecision
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.evaluation.evaluate import Measurement
from meadow_trainer.registry.evidence import is_not_worse, level_of
from meadow_trainer.registry.growth import TrainingGrowth
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
    """Significance level at which a worse challenger is refused."""
    require_significance: bool = True
    """Whether the gain must be significant, at the level that the comparison has."""
    error_rate: float = 0.05
    """Probability of ever promoting by chance, over all comparisons; of a gain, and of equal quality."""
    more_images: float | None = 0.2
    """Share of additional training images with which equal quality is enough; None: it never is."""
    margin: float = 0.05
    """Loss of accuracy that must be excluded for equal quality."""

    @classmethod
    def from_settings(cls, settings: TrainerSettings) -> Self:
        """Read the rule from `MEADOW_PROMOTION_...`."""
        return cls(
            min_gain=settings.promotion_min_gain,
            max_recall_drop=settings.promotion_max_recall_drop,
            min_accuracy=settings.promotion_min_accuracy,
            significance=settings.promotion_significance,
            require_significance=settings.promotion_require_significance,
            error_rate=settings.promotion_error_rate,
            more_images=settings.promotion_more_images,
            margin=settings.promotion_margin,
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


@dataclass(frozen=True)
class Comparison:
    """What a decision depends on beside the hold-out."""

    number: int = 1
    """Of the comparison, from 1: the registry's versions before this one."""
    growth: TrainingGrowth | None = None
    """None where the champion's training images are not known."""


def apply_gate(
    challenger: HoldoutResult, champion: HoldoutResult | None, rule: PromotionRule, comparison: Comparison | None = None
) -> GateResult:
    """Apply the gate to a challenger.

    Args:
        challenger: Its result on the hold-out.
        champion: The production model's result on the same images; None when nothing is in production.
        rule: The conditions.
        comparison: Its number, and what the two were trained on; the first one when left out.
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

    decision, why = _decide(challenger, champion, paired, rule, comparison or Comparison())
    if below_baseline:
        decision, why = GateDecision.REFUSED, f". {below_baseline}"
    return GateResult(decision, f"{compared}{why}", gain=gain, p_value=paired.p_value)


def _decide(
    challenger: HoldoutResult, champion: HoldoutResult, paired: PairedTest, rule: PromotionRule, comparison: Comparison
) -> tuple[GateDecision, str]:
    """Return the decision, and the end of the sentence that gives the reason."""
    measured, before = challenger.measurement, champion.measurement
    if paired.p_worse < rule.significance:
        return GateDecision.REFUSED, ": significantly worse."
    level = level_of(comparison.number, rule.error_rate)
    gains = measured.accuracy - before.accuracy >= rule.min_gain - _ROUNDING
    shown = gains and (paired.p_better <= level or not rule.require_significance)
    grown = _grown(measured.examples, paired, rule, comparison, level)
    if weaker := (gains or grown.enough) and _recall_drop(measured, before, rule):
        return GateDecision.KEPT, f", but {weaker}. The present model stays."
    if shown:
        return GateDecision.PROMOTED, _significant(paired, level, comparison) if rule.require_significance else "."
    if grown.enough:
        return GateDecision.PROMOTED, grown.reason
    if not gains:
        return GateDecision.KEPT, f": not better by {rule.min_gain:.1%}. The present model stays.{grown.reason}"
    return GateDecision.KEPT, (
        f". The present model stays, because the difference may be chance: one-sided p = {paired.p_better:.2g}, and "
        f"comparison {comparison.number} needs at most {level:.2g} (as {_fewest(level)} to 0 would give), so that all "
        f"comparisons together promote by chance with at most {rule.error_rate:.0%}.{grown.reason}"
    )


@dataclass(frozen=True)
class _Grown:
    """Whether more training images of equal quality are enough, and a sentence on that; empty when there are none."""

    enough: bool = False
    reason: str = ""


def _grown(images: int, paired: PairedTest, rule: PromotionRule, comparison: Comparison, level: float) -> _Grown:
    growth = comparison.growth
    if rule.more_images is None or growth is None or growth.more < rule.more_images - _ROUNDING:
        return _Grown()
    more = f"{growth.more:.0%} more training images ({growth.now:,} instead of {growth.before:,})"
    if paired.only_first < paired.only_second:
        return _Grown(reason=f" Its {more} do not make up for lower accuracy.")
    if not is_not_worse(paired, images, margin=rule.margin, level=level):
        return _Grown(reason=f" It has {more}, but a loss of {rule.margin:.1%} is not excluded on {images} images.")
    return _Grown(
        enough=True,
        reason=f": as good, and trained on {more}. A loss of {rule.margin:.1%} is excluded (level {level:.2g}).",
    )


def _significant(paired: PairedTest, level: float, comparison: Comparison) -> str:
    return (
        f": better, and hardly by chance (one-sided p = {paired.p_better:.2g}; comparison {comparison.number} needs at "
        f"most {level:.2g})."
    )


def _fewest(level: float) -> int:
    """Return how many images only the challenger must get right, and the champion none, to be significant."""
    return math.ceil(-math.log2(level))


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
