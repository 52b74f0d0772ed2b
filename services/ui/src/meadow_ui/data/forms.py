"""Forms that start an ingestion or a training run."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st
from pydantic import ValidationError

from meadow.bundled_lists import bundled_lists
from meadow.client import Client, ClientError
from meadow.schemas.correction import CorrectionCounts
from meadow.schemas.ingestion import CorrectedLabels, IngestRequest, IngestSource, LabelledPrefix, ListedUrls
from meadow.schemas.training import TrainingRequest
from meadow.schemas.training_config import DEFAULT_ARCHITECTURE, DEFAULT_IMAGE_SIZE

INGEST_OUTCOME = "ingest-outcome"
TRAINING_OUTCOME = "training-outcome"
SMALLEST_INPUT, LARGEST_INPUT = 32, 1024


class IngestFormError(ValueError):
    """The form is incomplete or invalid; the text says what to change."""


@dataclass(frozen=True)
class IngestForm:
    """The ingestion form as filled in."""

    name: str
    lists: Sequence[str]
    """Names of bundled lists."""
    prefix: str
    corrections: bool
    add: bool

    def request(self) -> IngestRequest:
        """Convert the form to a request.

        Raises:
            IngestFormError: A value is missing, or the prefix is invalid.
        """
        name, prefix = self.name.strip(), self.prefix.strip()
        if not name:
            raise IngestFormError("Enter a data set name: letters, digits, - and _.")
        sources: list[IngestSource] = [ListedUrls(name=one) for one in self.lists]
        if prefix:
            try:
                sources.append(LabelledPrefix(uri=prefix))
            except ValidationError as error:
                raise IngestFormError("Enter a prefix such as s3://images-bucket/inbox/.") from error
        if self.corrections:
            sources.append(CorrectedLabels())
        if not sources:
            raise IngestFormError("Choose at least one source: a list, an S3 prefix or labelled images.")
        return IngestRequest(name=name, sources=sources, add=self.add)


@dataclass(frozen=True)
class Outcome:
    """Result of a submitted form, in one sentence."""

    sentence: str
    good: bool


def ingest_form(client: Client, names: Sequence[str], corrections: CorrectionCounts) -> None:
    """Draw the ingestion form.

    Args:
        client: Starts the ingestion.
        names: Existing data sets.
        corrections: Labels submitted so far.
    """
    with st.form("ingest"):
        st.subheader("Add images")
        name = st.selectbox(
            "Data set",
            list(names),
            index=0 if names else None,
            accept_new_options=True,
            placeholder="Existing or new name",
            key="ingest-name",
        )
        lists = st.multiselect("Bundled lists", list(bundled_lists()), placeholder="None", key="ingest-lists")
        prefix = st.text_input(
            "S3 prefix with one folder per class", placeholder="s3://images-bucket/inbox/", key="ingest-prefix"
        )
        labelled = st.checkbox(f"Labelled images ({corrections.total:,} so far)", key="ingest-corrections")
        add = st.checkbox("Keep the images of the latest version", value=True, key="ingest-add")
        sent = st.form_submit_button("Add images", type="primary", icon=":material/add_photo_alternate:")
    if sent:
        st.session_state[INGEST_OUTCOME] = _ingest(client, IngestForm(name or "", lists, prefix, labelled, add))
        # The list of active jobs above is drawn before the form.
        st.rerun()
    _show_outcome(INGEST_OUTCOME)


def training_form(client: Client, names: Sequence[str]) -> None:
    """Draw the training form; `names` are the existing data sets."""
    with st.form("training"):
        st.subheader("Train")
        name = st.selectbox("Data set", list(names), placeholder="No data sets yet", key="training-name")
        size = st.number_input(
            "Input size in pixels", SMALLEST_INPUT, LARGEST_INPUT, DEFAULT_IMAGE_SIZE, 16, key="training-size"
        )
        architecture = st.text_input(
            "Architecture",
            DEFAULT_ARCHITECTURE,
            help="Any classification model of torchvision or timm",
            key="training-arch",
        )
        epochs = st.number_input("Epochs", 1, 10_000, None, placeholder="Recipe default", key="training-epochs")
        sent = st.form_submit_button("Train", type="primary", icon=":material/school:", disabled=not names)
        st.html('<p class="quiet small">The new model goes into production only if it is measurably better.</p>')
    if sent and name:
        st.session_state[TRAINING_OUTCOME] = _train(client, name, architecture.strip(), size, epochs)
        st.rerun()
    _show_outcome(TRAINING_OUTCOME)


def _ingest(client: Client, form: IngestForm) -> Outcome:
    try:
        job = client.start_ingestion(form.request())
    except (IngestFormError, ClientError) as error:
        return Outcome(str(error), good=False)
    return Outcome(f"Ingestion into {job.name} started. See its progress at the top of the page.", good=True)


def _train(client: Client, name: str, architecture: str, size: int, epochs: int | None) -> Outcome:
    try:
        request = TrainingRequest(dataset=name, architecture=architecture, image_size=size, epochs=epochs)
        client.start_training(request)
    except ValidationError:
        return Outcome("Invalid training parameters.", good=False)
    except ClientError as error:
        return Outcome(str(error), good=False)
    return Outcome(f"Training on {name} started. See its progress at the top of the page.", good=True)


def _show_outcome(key: str) -> None:
    """Show the last outcome once: the next redraw removes it."""
    outcome: Outcome | None = st.session_state.pop(key, None)
    if outcome:
        kind = "good" if outcome.good else "bad"
        st.html(f'<p class="outcome {kind}" role="status">{escape(outcome.sentence)}</p>')
