"""Data page: data sets, ingestions and training runs."""

from collections.abc import Sequence

import streamlit as st

from meadow.client import Client, ClientError
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.jobs import Job, JobKind
from meadow_ui.data.active_jobs import active_jobs
from meadow_ui.data.forms import ingest_form, training_form
from meadow_ui.data.report import report_section
from meadow_ui.data.suspects import suspects_section
from meadow_ui.data.tables import classes_table, ingestion_table, overview, training_table, versions_table
from meadow_ui.gateway import page_client
from meadow_ui.markup import code, plain
from meadow_ui.notices import error_notice, notice
from meadow_ui.settings import PageSettings

RECENT = 15


def data_page() -> None:
    """Draw the page."""
    settings = PageSettings.load()
    client = page_client(settings)
    st.title("Data and training")
    try:
        names = [summary.name for summary in client.datasets()]
        dataset = _chosen(client, names)
        corrections = client.corrections()
        trainings = client.jobs(kind=JobKind.TRAINING, page_size=RECENT).jobs
        ingestions = client.jobs(kind=JobKind.INGEST, page_size=RECENT).jobs
    except ClientError as error:
        error_notice(error)
        return
    active_jobs(client)
    if dataset:
        _dataset(client, dataset, settings.max_image_pixels)
    else:
        notice(
            "No data sets yet",
            "Add images below, or from a terminal with "
            f"{code('meadow data publish FOLDER --name NAME')}, one sub-folder per class.",
        )
    left, right = st.columns(2)
    with left:
        ingest_form(client, names, corrections)
    with right:
        training_form(client, names)
    _recent(trainings, ingestions)


def _chosen(client: Client, names: Sequence[str]) -> DatasetDetail | None:
    """Fetch the chosen data set, by default the first one."""
    if not names:
        return None
    chosen: str | None = names[0]
    if len(names) > 1:
        chosen = st.pills(
            "Data set",
            list(names),
            default=names[0],
            required=True,
            format_func=plain,
            label_visibility="collapsed",
            key="dataset",
        )
    return client.dataset(chosen or names[0])


def _dataset(client: Client, dataset: DatasetDetail, max_pixels: int) -> None:
    st.subheader(plain(dataset.name), anchor=False)
    st.html(overview(dataset))
    st.html(classes_table(dataset))
    suspects_section(client, dataset.name, max_pixels)
    st.subheader("Versions", anchor=False)
    st.html(versions_table(dataset.versions, dataset.digest))
    report_section(client, dataset)


def _recent(trainings: Sequence[Job], ingestions: Sequence[Job]) -> None:
    finished = [job for job in trainings if job.state.is_final]
    st.subheader("Training runs", anchor=False)
    if finished:
        st.html(training_table(finished))
    else:
        st.html('<p class="quiet">No finished runs yet. The gate decision on each run appears here.</p>')
    ingested = [job for job in ingestions if job.state.is_final]
    if ingested:
        st.subheader("Ingestions", anchor=False)
        st.html(ingestion_table(ingested))
