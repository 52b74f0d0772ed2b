"""From counts to a verdict, by rule."""

from collections.abc import Mapping

from meadow.schemas.quality import Dimension, DimensionDrift, LabelledAccuracy, QualityRule, Verdict
from meadow_core.quality.counts import LABELLED, RIGHT, of_dimension
from meadow_core.quality.drift import compare
from meadow_core.quality.wilson import wilson_interval
from meadow_core.settings.quality import QualitySettings

WATCHED = (Dimension.PREDICTIONS, Dimension.CONFIDENCE, Dimension.INPUT)
_NORMAL_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""


def quality_rule(settings: QualitySettings) -> QualityRule:
    """Take the rule that the settings describe."""
    return QualityRule(
        min_images=settings.drift_min_images,
        max_psi=settings.drift_psi,
        significance=settings.drift_significance,
        min_labels=settings.accuracy_min_labels,
        max_accuracy_drop=settings.accuracy_max_drop,
    )


def judge_drift(
    reference: Mapping[str, int], seen: Mapping[str, int], rule: QualityRule
) -> tuple[list[DimensionDrift], list[str]]:
    """Compare each watched distribution with that of the hold-out's answers, and say in sentences what differs."""
    found: list[DimensionDrift] = []
    reasons: list[str] = []
    for dimension in WATCHED:
        before, now = of_dimension(reference, dimension), of_dimension(seen, dimension)
        images = sum(now.values())
        compared = compare(before, now)
        if compared is None or images < rule.min_images:
            found.append(DimensionDrift(name=dimension, images=images, verdict=Verdict.TOO_FEW))
            continue
        drifts = compared.psi > rule.max_psi and compared.p_value < rule.significance
        verdict = Verdict.DRIFT if drifts else Verdict.OK
        found.append(
            DimensionDrift(name=dimension, images=images, psi=compared.psi, p_value=compared.p_value, verdict=verdict)
        )
        if drifts:
            reasons.append(
                f"The distribution of {dimension} over {images:,} images is not that of the hold-out: "
                f"PSI {compared.psi:.2f} (more than {rule.max_psi:g}), p = {compared.p_value:.2g}."
            )
    return found, reasons


def judge_accuracy(
    seen: Mapping[str, int], reference: float | None, rule: QualityRule
) -> tuple[LabelledAccuracy, list[str]]:
    """Hold the labels that people gave against the answers.

    A drop is called one when even the upper end of Wilson's interval is below the hold-out's accuracy by more than is
    allowed, so not for a few wrong answers in a row.
    """
    labelled, right = seen.get(LABELLED, 0), seen.get(RIGHT, 0)
    accuracy = LabelledAccuracy(labelled=labelled, right=right, reference=reference, verdict=Verdict.TOO_FEW)
    if not labelled:
        return accuracy, []
    low, high = wilson_interval(float(right), float(labelled), _NORMAL_95)
    ends = {"low": max(0.0, low), "high": min(1.0, high)}
    accuracy = accuracy.model_copy(update={"share": right / labelled, **ends})
    if reference is None or labelled < rule.min_labels:
        return accuracy, []
    if high >= reference - rule.max_accuracy_drop:
        return accuracy.model_copy(update={"verdict": Verdict.OK}), []
    reason = (
        f"{right} of {labelled} labelled answers are right ({right / labelled:.1%}, at most {high:.1%} with 95 % "
        f"confidence); on the hold-out {reference:.1%} were."
    )
    return accuracy.model_copy(update={"verdict": Verdict.PERFORMANCE_DROP}), [reason]


def overall(accuracy: LabelledAccuracy, drift: list[DimensionDrift]) -> Verdict:
    """Give one verdict: what people say of wrong answers weighs more than what only looks different."""
    if accuracy.verdict is Verdict.PERFORMANCE_DROP:
        return Verdict.PERFORMANCE_DROP
    verdicts = {one.verdict for one in drift}
    if Verdict.DRIFT in verdicts:
        return Verdict.DRIFT
    return Verdict.OK if Verdict.OK in verdicts | {accuracy.verdict} else Verdict.TOO_FEW
