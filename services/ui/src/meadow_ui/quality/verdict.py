"""The verdict in words."""

from collections.abc import Mapping
from html import escape

from meadow.quality.model import QualityReport, Verdict
from meadow.settings import Settings
from meadow_ui.markup import Tone, badge

_TOLD: Mapping[Verdict, tuple[str, Tone, str]] = {
    Verdict.OK: ("All is well, as far as can be told", "good", "ok"),
    Verdict.TOO_FEW: ("Too little has come in to tell", "quiet", "too few"),
    Verdict.DRIFT: ("Something is different from the hold-out", "unsure", "drift"),
    Verdict.PERFORMANCE_DROP: ("Fewer answers are right than on the hold-out", "bad", "performance drop"),
}
_OK = "Neither the labels that people gave nor what comes in speak against the model."
_DRIFT = "Different is not yet worse: look at some answers, and label them."
_DROP = "Train again with what people labelled: the page Data does it."


def verdict_badge(verdict: Verdict) -> str:
    """The verdict as a pill."""
    _, tone, name = _TOLD[verdict]
    return badge(name, tone)


def told(report: QualityReport, settings: Settings) -> str:
    """The verdict with its reasons, and what to do about it."""
    title, tone, _ = _TOLD[report.verdict]
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in report.reasons)
    listed = f"<ul>{reasons}</ul>" if reasons else ""
    advice = {
        Verdict.OK: _OK,
        Verdict.TOO_FEW: f"Drift is judged from {settings.drift_min_images:,} images on, accuracy from "
        f"{settings.accuracy_min_labels:,} labels on.",
        Verdict.DRIFT: _DRIFT,
        Verdict.PERFORMANCE_DROP: _DROP,
    }[report.verdict]
    return f'<section class="notice verdict {tone}"><h2>{title}</h2>{listed}<p>{advice}</p></section>'
