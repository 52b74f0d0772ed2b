"""Queues page: queue lengths, workers and recent jobs."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from meadow.client import Client, ClientError, Readiness
from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.queues import BATCH_QUEUE, INTERACTIVE_QUEUE, TRAINING_QUEUE
from meadow.schemas.status import QueueStatus, WorkerStatus
from meadow_ui.gateway import page_client
from meadow_ui.markup import STATE_TONES, ago, badge, code, digest, duration, table, tile, tiles
from meadow_ui.notices import error_notice, notice
from meadow_ui.settings import PageSettings

REFRESH_SECONDS = 2.0
RECENT_JOBS = 20

_QUEUE_NAMES = {
    INTERACTIVE_QUEUE: "Single images",
    BATCH_QUEUE: "Folders",
    TRAINING_QUEUE: "Training runs",
}


def queues_page() -> None:
    """Draw the page."""
    settings = PageSettings.load()
    st.title("Queues and workers")
    st.html('<p class="lead">Live view of the queues and the workers that process them.</p>')
    with st.container(horizontal=True, key="links"):
        st.link_button("Flower", settings.flower_url, icon=":material/local_florist:")
        st.link_button("MLflow", settings.mlflow_page, icon=":material/science:")
        st.link_button("API", f"{settings.api_url}/docs", icon=":material/api:")
    st.fragment(_live, run_every=REFRESH_SECONDS)(page_client(settings))


def _live(client: Client) -> None:
    try:
        readiness = client.readiness()
        status = client.status()
        jobs = client.jobs(page_size=RECENT_JOBS).jobs
    except ClientError as error:
        error_notice(error)
        return
    _services(readiness)
    st.html(tiles(_queue(queue) for queue in status.queues))
    st.subheader("Workers")
    _workers(status.workers)
    st.subheader("Recent jobs")
    _jobs(jobs)


def _services(readiness: Readiness) -> None:
    services = "".join(
        f'<li class="{"up" if check.ok else "down"}"><i></i>{escape(name.replace("_", " "))}'
        f"{'' if check.ok else ': ' + escape(check.detail or 'unavailable')}</li>"
        for name, check in readiness.checks.items()
    )
    st.html(f'<ul class="services"><li class="up"><i></i>gateway</li>{services}</ul>')


def _queue(queue: QueueStatus) -> str:
    age = queue.oldest_age_seconds
    note = "empty" if age is None else f"oldest waiting for {duration(age)}"
    return tile(_QUEUE_NAMES.get(queue.name, queue.name), f"{queue.depth:,}", note)


def _workers(workers: Sequence[WorkerStatus]) -> None:
    if not workers:
        text = f"Jobs stay in the queue until a worker starts. Run {code('meadow status')} to see why none is running."
        notice("No workers running", text, tone="bad")
        return
    newest = max((worker.model.version for worker in workers if worker.model), default="", key=lambda v: (len(v), v))
    st.html(
        table(
            ("Worker", "Engine", "Model", "Digest", "Last seen"),
            [
                (
                    escape(worker.worker),
                    escape(worker.engine),
                    _served(worker, newest),
                    digest(worker.model.digest) if worker.model else "",
                    ago(worker.seen_at),
                )
                for worker in workers
            ],
        )
    )


def _served(worker: WorkerStatus, newest: str) -> str:
    if worker.model is None:
        return badge("no model loaded", "unsure")
    version = f"version {escape(worker.model.version)}"
    return version if worker.model.version == newest else f"{version} {badge('outdated', 'unsure')}"


def _jobs(jobs: Sequence[Job]) -> None:
    if not jobs:
        notice("No jobs yet", "Classify an image, or a folder from the command line, to see its job here.")
        return
    st.html(
        table(
            ("Job", "Kind", "Name", "State", "Model", "Duration", "Submitted"),
            [
                (
                    code(job.id[-8:], whole=job.id),
                    job.kind.value,
                    escape(job.name) or "&ndash;",
                    _state(job),
                    escape(job.model.version) if job.model else "&ndash;",
                    _duration(job),
                    ago(job.created_at),
                )
                for job in jobs
            ],
        )
    )


def _state(job: Job) -> str:
    text = badge(job.state.value, STATE_TONES[job.state])
    progress = job.progress
    if progress and (job.kind is not JobKind.CLASSIFICATION):
        total = f" of {progress.total:,}" if progress.total is not None else ""
        failed = f", {progress.failed:,} failed" if progress.failed else ""
        text += f" {progress.done:,}{total}{failed}"
    return text + (f" {escape(job.error.code)}" if job.error else "")


def _duration(job: Job) -> str:
    if job.finished_at is None:
        return "&ndash;"
    return duration((job.finished_at - job.created_at).total_seconds())
