"""The form that starts a training run."""

from collections.abc import Sequence

import streamlit as st
from pydantic import ValidationError

from meadow.client import ClientError, MeadowClient
from meadow.training import TrainingRequest
from meadow.training_config import DEFAULT_IMAGE_SIZE
from meadow_ui.data.outcome import Outcome, show_outcome

OUTCOME = "training-outcome"
SMALLEST, LARGEST = 32, 1024


def training_form(client: MeadowClient, names: Sequence[str]) -> None:
    """Draw it; `names` are the data sets that there are."""
    with st.form("training"):
        st.subheader("Train")
        name = st.selectbox("Data set", list(names), placeholder="There is none yet", key="training-name")
        size = st.number_input(
            "Side of the model's input, in pixels", SMALLEST, LARGEST, DEFAULT_IMAGE_SIZE, 16, key="training-size"
        )
        architecture = st.text_input("Architecture", "resnet18", help="Any of torchvision's.", key="training-arch")
        epochs = st.number_input(
            "Epochs", 1, 10_000, None, placeholder="The recipe's own number", key="training-epochs"
        )
        sent = st.form_submit_button("Train", type="primary", icon=":material/school:", disabled=not names)
        st.html('<p class="quiet small">It goes into production only if it is measurably better.</p>')
    if sent and name:
        st.session_state[OUTCOME] = _start(client, name, architecture.strip(), size, epochs)
        st.rerun()
    show_outcome(OUTCOME)


def _start(client: MeadowClient, name: str, architecture: str, size: int, epochs: int | None) -> Outcome:
    try:
        request = TrainingRequest(dataset=name, architecture=architecture, image_size=size, epochs=epochs)
        client.start_training(request)
    except ValidationError:
        return Outcome("These are no numbers to train with.", good=False)
    except ClientError as error:
        return Outcome(str(error), good=False)
    return Outcome(f"A training run on {name} is started. Its progress is at the top.", good=True)
