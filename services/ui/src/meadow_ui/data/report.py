"""The ingestion report of a version, fetched with the API key and shown in a sandboxed frame."""

from html import escape

import streamlit as st

from meadow.client import Client, ClientError
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.digests import short_digest
from meadow_ui.markup import ago, plain
from meadow_ui.notices import error_notice

HEIGHT = 640

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Same as the gateway's own: inline images and styles, nothing else."""


def report_section(client: Client, dataset: DatasetDetail) -> None:
    """Draw it as a fragment, for fetching a report may take a moment."""
    st.fragment(_section)(client, dataset)


def framed(report: str) -> str:
    """Wrap an untrusted page in a sandbox: no scripts, no forms, no origin, no external resources."""
    inner = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{_POLICY}">{report}'
    style = "position:fixed;inset:0;width:100%;height:100%;border:0;background:#fff"
    return f'<!doctype html><title>Report</title><iframe sandbox style="{style}" srcdoc="{escape(inner)}"></iframe>'


def _section(client: Client, dataset: DatasetDetail) -> None:
    shown = {one.digest: f"{one.short}, {ago(one.created_at)}" for one in dataset.versions}
    with st.container(horizontal=True, vertical_alignment="bottom", key="report"):
        chosen = st.selectbox(
            "Version",
            list(shown),
            format_func=lambda digest: shown.get(digest, digest),
            # A new version resets the choice, and is selected.
            key=f"report-of-{dataset.name}-{dataset.short}",
            width=320,
        )
        wanted = st.toggle("Show report", key=f"show-report-{dataset.name}")
    if not wanted:
        return
    try:
        report = client.dataset_report(dataset.name, chosen)
    except ClientError as error:
        error_notice(error, refresh=False)
        return
    # Streamlit's frame may run scripts and reach the page; the one inside it may not.
    st.iframe(framed(report.decode("utf-8", "replace")), height=HEIGHT)
    st.download_button(
        f"Download report of {plain(dataset.name)}",
        report,
        file_name=f"{dataset.name}-{short_digest(chosen)}.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
        key="download-report",
    )
