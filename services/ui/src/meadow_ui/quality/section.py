"""The part of a page that shows the quality of the answers within a window of time."""

import streamlit as st

from meadow.client import ClientError, MeadowClient
from meadow.registry.model import ModelInfo
from meadow.settings import Settings
from meadow_ui.markup import duration
from meadow_ui.notices import trouble
from meadow_ui.quality.accuracy import accuracy
from meadow_ui.quality.drift import drift
from meadow_ui.quality.shares import shares
from meadow_ui.quality.verdict import told

WINDOWS = {"24 hours": 24, "7 days": 7 * 24, "30 days": 30 * 24}
HOUR_SECONDS = 3_600


def quality_section(client: MeadowClient, model: ModelInfo, settings: Settings) -> None:
    """Draw it, as a fragment: another window draws nothing else anew."""
    st.fragment(_section)(client, model, settings)


def _section(client: MeadowClient, model: ModelInfo, settings: Settings) -> None:
    st.subheader("Quality of its answers")
    chosen = st.segmented_control(
        "Window", list(WINDOWS), default=next(iter(WINDOWS)), required=True, label_visibility="collapsed", key="window"
    )
    hours = WINDOWS[chosen]
    try:
        report = client.quality(window_hours=hours)
    except ClientError as error:
        trouble(error)
        return
    answered = f"<b>{report.images:,}</b> image{'s' * (report.images != 1)} answered"
    kept = f" Counts are kept for {duration(report.window_hours * HOUR_SECONDS)} only."
    since = f"since {report.since:%d %B, %H:%M} UTC."
    st.html(f'<p class="quiet">{answered} {since}{kept if report.window_hours < hours else ""}</p>')
    st.html(told(report, settings))
    st.html(f'<div class="panels">{accuracy(report.accuracy)}</div>')
    if report.images:
        st.html(f'<div class="panels two">{shares(report.classes, report.decisions, model.classes)}</div>')
    st.html(drift(report.drift, settings.drift_psi))
