"""The form that has images taken into a data set."""

from collections.abc import Sequence

import streamlit as st

from meadow.client import ClientError, MeadowClient
from meadow.datasets.bundled import bundled_lists
from meadow.datasets.correction import CorrectionCounts
from meadow_ui.data.intake import Intake, IntakeError
from meadow_ui.data.outcome import Outcome, show_outcome

OUTCOME = "intake-outcome"


def intake_form(client: MeadowClient, names: Sequence[str], corrections: CorrectionCounts) -> None:
    """Draw it.

    Args:
        client: Starts the ingestion.
        names: The data sets that there are.
        corrections: What people labelled so far.
    """
    with st.form("intake"):
        st.subheader("Take images in")
        name = st.selectbox(
            "Data set",
            list(names),
            index=0 if names else None,
            accept_new_options=True,
            placeholder="An old name, or a new one",
            key="intake-name",
        )
        lists = st.multiselect(
            "Lists that come with Meadow", list(bundled_lists()), placeholder="None", key="intake-lists"
        )
        prefix = st.text_input(
            "An S3 prefix with one folder per class", placeholder="s3://images-bucket/inbox/", key="intake-prefix"
        )
        labelled = st.checkbox(f"What people labelled ({corrections.total:,} so far)", key="intake-corrections")
        add = st.checkbox("Keep what the newest version has", value=True, key="intake-add")
        sent = st.form_submit_button("Take in", type="primary", icon=":material/add_photo_alternate:")
    if sent:
        st.session_state[OUTCOME] = _start(client, Intake(name or "", lists, prefix, labelled, add))
        # Whatever is followed above is to know of it.
        st.rerun()
    show_outcome(OUTCOME)


def _start(client: MeadowClient, intake: Intake) -> Outcome:
    try:
        job = client.start_ingestion(intake.request())
    except (IntakeError, ClientError) as error:
        return Outcome(str(error), good=False)
    return Outcome(f"Images are being taken into {job.name}. Its progress is at the top.", good=True)
