"""The line under an answer where a person says whether it is right."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from meadow.client import MeadowClient
from meadow.predictions import Decision, Prediction
from meadow_ui.labels.said import Said, read_label
from meadow_ui.labels.telling import tell
from meadow_ui.markup import badge, plain
from meadow_ui.pictures.picture import Picture


def say_control(picture: Picture, classes: Sequence[str], client: MeadowClient) -> None:
    """Ask about an answered picture, or show what was said of it.

    Meant to be drawn as a fragment of its own: a click then draws this line anew, not the page.

    Args:
        picture: It has an answer.
        classes: Those of the model in production.
        client: Hears what is said.
    """
    if picture.prediction is None:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"say-{picture.number}"):
        if picture.said and not picture.changing:
            _shown(picture, picture.said)
        else:
            _asked(picture, picture.prediction, classes, client)
    if picture.unheard:
        st.html(f'<p class="unheard" role="alert">{escape(picture.unheard)}</p>')


def _shown(picture: Picture, said: Said) -> None:
    new = badge("new class", "quiet") if said.new_class else ""
    right = picture.prediction is not None and said.label == picture.prediction.label
    mark = "&#10003; " if right else ""
    st.html(f'<p class="said">{mark}You say <b>{escape(said.label)}</b> {new}</p>')
    st.button("Change", type="tertiary", key=f"change-{picture.number}", on_click=_change, args=(picture,))


def _asked(picture: Picture, prediction: Prediction, classes: Sequence[str], client: MeadowClient) -> None:
    sure = prediction.decision is Decision.CONFIDENT
    st.button(
        "Right" if sure else f"It is {plain(prediction.label)}",
        icon=":material/check:",
        help=f"Yes, this is {plain(prediction.label)}." if sure else None,
        key=f"right-{picture.number}",
        on_click=_tell,
        args=(client, picture, prediction.label, classes),
    )
    # A new key after each try: what was chosen before is not chosen still.
    key = f"other-{picture.number}-{picture.tries}"
    st.selectbox(
        f"What {plain(picture.name)} shows",
        [label for label in classes if label != prediction.label],
        index=None,
        accept_new_options=True,
        placeholder="It is \N{HORIZONTAL ELLIPSIS}",
        label_visibility="collapsed",
        key=key,
        on_change=_tell_chosen,
        args=(client, picture, key, classes),
    )


def _tell_chosen(client: MeadowClient, picture: Picture, key: str, classes: Sequence[str]) -> None:
    _tell(client, picture, st.session_state[key] or "", classes)


def _tell(client: MeadowClient, picture: Picture, text: str, classes: Sequence[str]) -> None:
    said = read_label(text, classes)
    if said:
        tell(client, picture, said)
        picture.changing = bool(picture.unheard)


def _change(picture: Picture) -> None:
    picture.changing = True
