"""The answers that the model was not sure of, for a person to say what they show."""

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from meadow.client import ClientError, MeadowClient
from meadow.datasets.correction import CorrectionCounts
from meadow.settings import load_settings
from meadow_ui.connection import page_client
from meadow_ui.markup import plain
from meadow_ui.notices import look_again, no_model, notice, trouble
from meadow_ui.production import production_model
from meadow_ui.reviews.card import review_card
from meadow_ui.reviews.control import review_control
from meadow_ui.reviews.desk import Desk

DESK = "desk"
MOST_LABELS = 6

Turn = Callable[[MeadowClient, int], None]


def page() -> None:
    """Draw the page."""
    settings = load_settings()
    client = page_client(settings)
    st.title("Review")
    desk: Desk = st.session_state.setdefault(DESK, Desk())
    try:
        model = production_model(client)
        desk.refresh(client, settings.max_image_pixels)
        counts = client.corrections()
    except ClientError as error:
        trouble(error)
        return
    if model is None:
        no_model()
        return
    # A click draws the cards anew, and leaves the rest of the page alone.
    st.fragment(_cards)(desk, counts, model.classes, client, settings.max_image_pixels)


def _nothing(counts: CorrectionCounts) -> None:
    st.html(f'<p class="lead">Nothing waits. {_labels(counts)}</p>')
    notice(
        "No uncertain answers",
        "Where the model is <em>unsure</em>, or finds a picture unlike all that it was trained on, the picture appears "
        "here, from single pictures and folders alike, for a person to say what it shows. That is what the next model "
        "learns most from.",
    )
    look_again()


def _cards(desk: Desk, counts: CorrectionCounts, classes: Sequence[str], client: MeadowClient, pixels: int) -> None:
    if not desk.entries:
        _nothing(counts)
        return
    waits = f"<b>{desk.waiting:,}</b> uncertain answer{'s wait' if desk.waiting != 1 else ' waits'} for a person."
    st.html(f'<p class="lead">{waits} {_labels(counts)}</p>')
    with st.container(key="cards"):
        for entry in desk.entries:
            with st.container(key=f"slot-{entry.item.id}", gap=None):
                st.html(review_card(entry, classes))
                review_control(entry, classes, client)
    _turning(desk, client, pixels)


def _turning(desk: Desk, client: MeadowClient, pixels: int) -> None:
    undone = len(desk.entries) - desk.done
    more = desk.waiting - undone > 0
    with st.container(horizontal=True, key="turning", vertical_alignment="center"):
        if len(desk.tokens) > 1:
            st.button(
                "Back", icon=":material/arrow_back:", key="back", on_click=_turn, args=(desk.back, client, pixels)
            )
            st.button("Newest", key="first", on_click=_turn, args=(desk.first, client, pixels))
        if desk.next_token or (desk.done and more):
            st.button(
                "Next",
                icon=":material/arrow_forward:",
                type="secondary" if undone else "primary",
                key="next",
                on_click=_turn,
                args=(desk.next, client, pixels),
            )
        elif desk.done:
            st.button(
                "Look again", icon=":material/refresh:", key="again", on_click=_turn, args=(desk.first, client, pixels)
            )
        left = f"{undone} of these {len(desk.entries)} to do" if undone else "All of these are done."
        st.html(f'<p class="quiet">{left}</p>')


def _turn(step: Turn, client: MeadowClient, pixels: int) -> None:
    try:
        step(client, pixels)
    except ClientError as error:
        st.toast(plain(str(error)), icon=":material/error:")


def _labels(counts: CorrectionCounts) -> str:
    """How many labels there are."""
    if not counts.total:
        return "Nobody has given a label yet."
    most = sorted(counts.labels.items(), key=lambda one: (-one[1], one[0]))
    told = ", ".join(f"{number:,} {escape(label)}" for label, number in most[:MOST_LABELS])
    rest = ", and others" if len(most) > MOST_LABELS else ""
    return f"People have labelled {counts.total:,} picture{'s' * (counts.total != 1)} so far: {told}{rest}."
