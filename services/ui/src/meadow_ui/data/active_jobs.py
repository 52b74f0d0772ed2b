"""Active ingestions and training runs, with live progress."""

from html import escape

import streamlit as st

from meadow.client import Client, ClientError
from meadow.schemas.jobs import Job, JobKind
from meadow_ui.markup import ago, badge, duration
from meadow_ui.notices import error_notice

REFRESH_SECONDS = 2.0
LATEST_JOBS = 10
"""Number of latest jobs of each kind among which active ones are found."""

ACTIVE = "active-jobs"

_DOING = {JobKind.INGEST: "Adding images to", JobKind.TRAINING: "Training on"}
_UNITS = {JobKind.INGEST: "images", JobKind.TRAINING: "epochs"}


def active_jobs(client: Client) -> None:
    """Draw them as a fragment; once a job has ended, the whole page is redrawn to show its result."""
    st.fragment(_active_jobs, run_every=REFRESH_SECONDS)(client)


def _active_jobs(client: Client) -> None:
    try:
        jobs = [job for kind in _DOING for job in client.jobs(kind=kind, page_size=LATEST_JOBS).jobs]
    except ClientError as error:
        error_notice(error, refresh=False)
        return
    active = {job.id: job for job in jobs if not job.state.is_final}
    before: set[str] = st.session_state.get(ACTIVE, set())
    st.session_state[ACTIVE] = set(active)
    if before - set(active):
        st.rerun()
    for job in active.values():
        with st.container(horizontal=True, vertical_alignment="center", key=f"active-job-{job.id}"):
            st.html(progress(job))
            st.button("Cancel", key=f"cancel-{job.id}", on_click=_cancel, args=(client, job.id))


def _cancel(client: Client, job_id: str) -> None:
    try:
        client.cancel(job_id)
    except ClientError as error:
        st.session_state[f"cancel-failed-{job_id}"] = str(error)


def progress(job: Job) -> str:
    """A job with its progress bar."""
    doing = f"{_DOING.get(job.kind, job.kind.value)} <b>{escape(job.name)}</b>"
    error = st.session_state.pop(f"cancel-failed-{job.id}", "")
    failure = f'<p class="submit-error">{escape(error)}</p>' if error else ""
    return (
        f'<section class="active-job"><header>{doing} {badge(job.state.value, "unsure")}</header>'
        f'<div class="bar class-1"><i><b style="width:{_share(job):.1f}%"></b></i></div>'
        f'<p class="small">{_counts(job)}</p>{failure}</section>'
    )


def _share(job: Job) -> float:
    found = job.progress
    return min(found.done / found.total, 1.0) * 100 if found and found.total else 0.0


def _counts(job: Job) -> str:
    found = job.progress
    if found is None or not (found.done or found.total):
        return f"requested {ago(job.created_at)}"
    total = f" of {found.total:,}" if found.total is not None else ""
    parts = [f"{found.done:,}{total} {_UNITS.get(job.kind, '')}".strip()]
    if found.failed:
        parts.append(f"{found.failed:,} rejected")
    if found.eta_seconds is not None:
        parts.append(f"about {duration(found.eta_seconds)} remaining")
    if found.message:
        parts.append(escape(found.message))
    return " &middot; ".join(parts)
