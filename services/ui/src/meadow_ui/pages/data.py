"""What models learn from: data sets, how images get into them, and training runs."""

from collections.abc import Sequence

import streamlit as st

from meadow.client import ClientError, MeadowClient
from meadow.datasets.published import DatasetDetail
from meadow.jobs.model import Job, JobKind
from meadow.settings import load_settings
from meadow_ui.connection import page_client
from meadow_ui.data.following import following
from meadow_ui.data.intake_form import intake_form
from meadow_ui.data.report import report_section
from meadow_ui.data.run_tables import ingestion_table, training_table
from meadow_ui.data.training_form import training_form
from meadow_ui.data.version_tables import classes_table, overview, versions_table
from meadow_ui.markup import code, plain
from meadow_ui.notices import notice, trouble

RECENT = 15


def page() -> None:
    """Draw the page."""
    settings = load_settings()
    client = page_client(settings)
    st.title("Data and training")
    try:
        names = [summary.name for summary in client.datasets()]
        dataset = _chosen(client, names)
        corrections = client.corrections()
        trainings = client.jobs(kind=JobKind.TRAINING, page_size=RECENT).jobs
        ingestions = client.jobs(kind=JobKind.INGEST, page_size=RECENT).jobs
    except ClientError as error:
        trouble(error)
        return
    following(client)
    if dataset:
        _dataset(client, dataset)
    else:
        notice(
            "No data sets yet",
            "Take images in below, or from a terminal: "
            f"{code('meadow data publish FOLDER --name NAME')}, with one folder of images per class.",
        )
    left, right = st.columns(2)
    with left:
        intake_form(client, names, corrections)
    with right:
        training_form(client, names)
    _recent(trainings, ingestions)


def _chosen(client: MeadowClient, names: Sequence[str]) -> DatasetDetail | None:
    """Read the data set that was chosen; the first one at first."""
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


def _dataset(client: MeadowClient, dataset: DatasetDetail) -> None:
    st.subheader(plain(dataset.name), anchor=False)
    st.html(overview(dataset))
    st.html(classes_table(dataset))
    st.subheader("Versions", anchor=False)
    st.html(versions_table(dataset.versions, dataset.digest))
    report_section(client, dataset)


def _recent(trainings: Sequence[Job], ingestions: Sequence[Job]) -> None:
    finished = [job for job in trainings if job.state.is_final]
    st.subheader("Training runs", anchor=False)
    if finished:
        st.html(training_table(finished))
    else:
        st.html('<p class="quiet">No run is finished yet. What the gate decides about each is told here.</p>')
    taken_in = [job for job in ingestions if job.state.is_final]
    if taken_in:
        st.subheader("Ingestions", anchor=False)
        st.html(ingestion_table(taken_in))
