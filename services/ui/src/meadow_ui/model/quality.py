"""Answer quality within a time window: the verdict with its reasons, and the charts."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from meadow.client import Client, ClientError
from meadow.schemas.models import ModelInfo
from meadow.schemas.quality import QualityReport, Verdict
from meadow_ui.markup import duration
from meadow_ui.model.charts import accuracy, drift, shares, verdict_tone
from meadow_ui.notices import error_notice

WINDOWS = {"24 hours": 24, "7 days": 7 * 24, "30 days": 30 * 24}
HOUR_SECONDS = 3_600

_TITLES: Mapping[Verdict, str] = {
    Verdict.OK: "No problem detected",
    Verdict.TOO_FEW: "Not enough data yet",
    Verdict.DRIFT: "Drift detected",
    Verdict.PERFORMANCE_DROP: "Accuracy is below the hold-out accuracy",
}
_ADVICE: Mapping[Verdict, str] = {
    Verdict.OK: "Neither the labelled answers nor the incoming images indicate a problem.",
    Verdict.TOO_FEW: ("Drift is evaluated from {images:,} images, labelled accuracy from {labels:,} labels."),
    Verdict.DRIFT: "Drift does not imply lower accuracy: check some answers and label them.",
    Verdict.PERFORMANCE_DROP: "Retrain with the labelled images on the Data page.",
}


def quality_section(client: Client, model: ModelInfo) -> None:
    """Draw it as a fragment: choosing another window redraws nothing else."""
    st.fragment(_section)(client, model)


def verdict_notice(report: QualityReport) -> str:
    """The verdict as HTML, with its reasons and what to do about it."""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in report.reasons)
    listed = f"<ul>{reasons}</ul>" if reasons else ""
    advice = _ADVICE[report.verdict].format(images=report.rule.min_images, labels=report.rule.min_labels)
    tone, title = verdict_tone(report.verdict), _TITLES[report.verdict]
    return f'<section class="notice verdict {tone}"><h2>{title}</h2>{listed}<p>{advice}</p></section>'


def _section(client: Client, model: ModelInfo) -> None:
    st.subheader("Answer quality")
    chosen = st.segmented_control(
        "Window", list(WINDOWS), default=next(iter(WINDOWS)), required=True, label_visibility="collapsed", key="window"
    )
    hours = WINDOWS[chosen]
    try:
        report = client.quality(window_hours=hours)
    except ClientError as error:
        error_notice(error)
        return
    answered = f"<b>{report.images:,}</b> image{'s' * (report.images != 1)} answered"
    kept = f" Counts are kept for {duration(report.window_hours * HOUR_SECONDS)} only."
    since = f"since {report.since:%d %B, %H:%M} UTC."
    st.html(f'<p class="quiet">{answered} {since}{kept if report.window_hours < hours else ""}</p>')
    st.html(verdict_notice(report))
    st.html(f'<div class="panels">{accuracy(report.accuracy)}</div>')
    if report.images:
        st.html(f'<div class="panels two">{shares(report.classes, report.decisions, model.classes)}</div>')
    st.html(drift(report.drift, report.rule.max_psi))
