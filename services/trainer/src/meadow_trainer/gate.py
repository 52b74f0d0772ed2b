"""Whether a new model takes the place of the one in production: a rule, the same every time, that gives its reason."""

from dataclasses import dataclass
from typing import Self

from meadow.settings import Settings
from meadow_trainer.evaluate import Measurement

_ROUNDING = 1e-9


@dataclass(frozen=True)
class PromotionRule:
    """What a challenger has to show on the hold-out, beside the champion."""

    min_gain: float
    """By how much its accuracy must be higher."""
    max_recall_drop: float
    """By how much its recall of any one class may be lower."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Read the rule from `MEADOW_PROMOTION_...`."""
        return cls(settings.promotion_min_gain, settings.promotion_max_recall_drop)


@dataclass(frozen=True)
class Verdict:
    """What was decided, and why, in words for people."""

    promote: bool
    reason: str


def judge(challenger: Measurement, champion: Measurement | None, rule: PromotionRule) -> Verdict:
    """Decide on a challenger.

    Args:
        challenger: Measured on the hold-out.
        champion: Measured on the same images; None when nothing is in production.
        rule: What to ask for.
    """
    if champion is None:
        return Verdict(promote=True, reason=f"The first model: {challenger.accuracy:.1%} of the hold-out right.")
    gain = challenger.accuracy - champion.accuracy
    compared = (
        f"{challenger.accuracy:.1%} of {challenger.examples} hold-out images right, "
        f"the model in production {champion.accuracy:.1%}"
    )
    if gain < rule.min_gain - _ROUNDING:
        return Verdict(promote=False, reason=f"{compared}: not better by {rule.min_gain:.1%}.")
    for label, measured in challenger.per_class.items():
        before = champion.per_class[label].recall if label in champion.per_class else 0.0
        if before - measured.recall > rule.max_recall_drop + _ROUNDING:
            return Verdict(
                promote=False,
                reason=f"{compared}, but of class {label!r} it finds {measured.recall:.1%} instead of {before:.1%}.",
            )
    return Verdict(promote=True, reason=f"{compared}.")
