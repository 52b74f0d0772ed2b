"""Feedback on an answer: the controls below a card, and submission of the label to the gateway."""

from collections.abc import Sequence

import streamlit as st

from meadow.client import ApiProblem, Client, ClientError
from meadow.schemas.predictions import Decision, Prediction
from meadow.schemas.problems import ProblemCode
from meadow_ui.classify.picture import Picture
from meadow_ui.labels import SubmittedLabel, parse_label, submit_error_line, submitted_label_line
from meadow_ui.markup import plain

_EXPIRED = {ProblemCode.IMAGE_GONE, ProblemCode.JOB_GONE}
"""The gateway keeps an answered image, and in the end the job, for a limited time."""

_IMAGE_GONE = "The image is no longer stored. Drop it again to label it."


def feedback_control(picture: Picture, classes: Sequence[str], client: Client) -> None:
    """Ask whether the answer is correct, or show the submitted label.

    Draw it as a fragment of its own: a click then redraws this line only, not the page.

    Args:
        picture: Has an answer.
        classes: Classes of the model in production.
        client: Submits the label.
    """
    if picture.prediction is None:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"label-{picture.number}"):
        if picture.submitted_label and not picture.changing:
            _submitted(picture, picture.submitted_label)
        else:
            _choices(picture, picture.prediction, classes, client)
    if picture.submit_error:
        st.html(submit_error_line(picture.submit_error))


def submit_label(client: Client, picture: Picture, submitted: SubmittedLabel) -> None:
    """Submit a label for an answered image; if the gateway no longer has the image, it is sent along.

    The outcome is recorded in `submitted_label` or `submit_error`.
    """
    picture.tries += 1
    picture.submit_error = ""
    if picture.job is None:
        return
    try:
        try:
            client.give_feedback(picture.job.id, submitted.label, new_class=submitted.new_class)
        except ApiProblem as problem:
            if problem.code not in _EXPIRED:
                raise
            if not picture.data:
                picture.submit_error = _IMAGE_GONE
                return
            _send_image(client, picture, picture.job.id, submitted)
    except ClientError as error:
        picture.submit_error = str(error)
    else:
        picture.submitted_label = submitted


def _send_image(client: Client, picture: Picture, job_id: str, submitted: SubmittedLabel) -> None:
    client.correct(picture.data, submitted.label, job_id=job_id, name=picture.name, new_class=submitted.new_class)


def _submitted(picture: Picture, submitted: SubmittedLabel) -> None:
    confirms = picture.prediction is not None and submitted.label == picture.prediction.label
    st.html(submitted_label_line(submitted, confirms=confirms))
    st.button("Change", type="tertiary", key=f"change-{picture.number}", on_click=_change, args=(picture,))


def _choices(picture: Picture, prediction: Prediction, classes: Sequence[str], client: Client) -> None:
    confident = prediction.decision is Decision.CONFIDENT
    st.button(
        "Correct" if confident else f"Correct: {plain(prediction.label)}",
        icon=":material/check:",
        help=f"Confirm {plain(prediction.label)}" if confident else None,
        key=f"right-{picture.number}",
        on_click=_submit,
        args=(client, picture, prediction.label, classes),
    )
    # A new key for each try, so that the last choice is not preselected.
    key = f"other-{picture.number}-{picture.tries}"
    st.selectbox(
        f"Correct label of {plain(picture.name)}",
        [label for label in classes if label != prediction.label],
        index=None,
        accept_new_options=True,
        placeholder="Another class \N{HORIZONTAL ELLIPSIS}",
        label_visibility="collapsed",
        key=key,
        on_change=_submit_chosen,
        args=(client, picture, key, classes),
    )


def _submit_chosen(client: Client, picture: Picture, key: str, classes: Sequence[str]) -> None:
    _submit(client, picture, st.session_state[key] or "", classes)


def _submit(client: Client, picture: Picture, text: str, classes: Sequence[str]) -> None:
    submitted = parse_label(text, classes)
    if submitted:
        submit_label(client, picture, submitted)
        picture.changing = bool(picture.submit_error)


def _change(picture: Picture) -> None:
    picture.changing = True
