"""The ingestions and training runs that go on right now, followed until they are finished."""

from html import escape

import streamlit as st

from meadow.client import ClientError, MeadowClient
from meadow.jobs.model import Job, JobKind
from meadow_ui.markup import ago, badge, duration
from meadow_ui.notices import trouble

REFRESH_SECONDS = 2.0
LOOKED_AT = 10
"""Newest jobs of a kind that are looked through for active ones."""

FOLLOWED = "followed"

_DOING = {JobKind.INGEST: "Taking images into", JobKind.TRAINING: "Training on"}
_UNITS = {JobKind.INGEST: "images", JobKind.TRAINING: "epochs"}


def following(client: MeadowClient) -> None:
    """Draw them; the whole page is drawn anew when one has ended, for there may be more to show."""
    st.fragment(_following, run_every=REFRESH_SECONDS)(client)


def _following(client: MeadowClient) -> None:
    try:
        jobs = [job for kind in _DOING for job in client.jobs(kind=kind, page_size=LOOKED_AT).jobs]
    except ClientError as error:
        trouble(error, again=False)
        return
    active = {job.id: job for job in jobs if not job.state.is_final}
    followed: set[str] = st.session_state.get(FOLLOWED, set())
    st.session_state[FOLLOWED] = set(active)
    if followed - set(active):
        st.rerun()
    for job in active.values():
        with st.container(horizontal=True, vertical_alignment="center", key=f"following-{job.id}"):
            st.html(progress(job))
            st.button("Cancel", key=f"cancel-{job.id}", on_click=_cancel, args=(client, job.id))


def _cancel(client: MeadowClient, job_id: str) -> None:
    try:
        client.cancel(job_id)
    except ClientError as error:
        st.session_state[f"cancel-failed-{job_id}"] = str(error)


def progress(job: Job) -> str:
    """One job with a bar."""
    doing = f"{_DOING.get(job.kind, job.kind.value)} <b>{escape(job.name)}</b>"
    unheard = st.session_state.pop(f"cancel-failed-{job.id}", "")
    told = f'<p class="unheard">{escape(unheard)}</p>' if unheard else ""
    return (
        f'<section class="following"><header>{doing} {badge(job.state.value, "unsure")}</header>'
        f'<div class="bar class-1"><i><b style="width:{_share(job):.1f}%"></b></i></div>'
        f'<p class="small">{_counts(job)}</p>{told}</section>'
    )


def _share(job: Job) -> float:
    found = job.progress
    return min(found.done / found.total, 1.0) * 100 if found and found.total else 0.0


def _counts(job: Job) -> str:
    found = job.progress
    if found is None or not (found.done or found.total):
        return f"asked for {ago(job.created_at)}"
    total = f" of {found.total:,}" if found.total is not None else ""
    parts = [f"{found.done:,}{total} {_UNITS.get(job.kind, '')}".strip()]
    if found.failed:
        parts.append(f"{found.failed:,} left out")
    if found.eta_seconds is not None:
        parts.append(f"about {duration(found.eta_seconds)} left")
    if found.message:
        parts.append(escape(found.message))
    return " &middot; ".join(parts)
