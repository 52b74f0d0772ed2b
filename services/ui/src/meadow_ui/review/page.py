"""Review page: label the images whose answers are uncertain."""

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from meadow.client import Client, ClientError
from meadow.schemas.correction import CorrectionCounts
from meadow_ui.gateway import page_client, production_model
from meadow_ui.markup import plain
from meadow_ui.notices import error_notice, no_model_notice, notice, refresh_button
from meadow_ui.review.card import review_card, review_control
from meadow_ui.review.review_queue import ReviewQueue
from meadow_ui.settings import PageSettings

REVIEW_QUEUE = "review-queue"
MOST_LABELS = 6

Step = Callable[[Client, int], None]


def review_page() -> None:
    """Draw the page."""
    settings = PageSettings.load()
    client = page_client(settings)
    st.title("Review")
    queue: ReviewQueue = st.session_state.setdefault(REVIEW_QUEUE, ReviewQueue())
    try:
        model = production_model(client)
        queue.refresh(client, settings.max_image_pixels)
        counts = client.corrections()
    except ClientError as error:
        error_notice(error)
        return
    if model is None:
        no_model_notice()
        return
    # As a fragment: a click redraws the cards only.
    st.fragment(_cards)(queue, counts, model.classes, client, settings.max_image_pixels)


def _nothing(counts: CorrectionCounts) -> None:
    st.html(f'<p class="lead">The review queue is empty. {_labels(counts)}</p>')
    notice(
        "No uncertain answers",
        "Images that the model is <em>unsure</em> about, or that are unlike its training data, appear here to be "
        "labelled. They come from single images and folders, and the next model learns most from them.",
    )
    refresh_button()


def _cards(queue: ReviewQueue, counts: CorrectionCounts, classes: Sequence[str], client: Client, pixels: int) -> None:
    if not queue.entries:
        _nothing(counts)
        return
    waiting = f"<b>{queue.waiting:,}</b> uncertain answer{'s' * (queue.waiting != 1)} to review."
    st.html(f'<p class="lead">{waiting} {_labels(counts)}</p>')
    with st.container(key="cards"):
        for entry in queue.entries:
            with st.container(key=f"slot-{entry.item.id}", gap=None):
                st.html(review_card(entry, classes))
                review_control(entry, classes, client)
    _paging(queue, client, pixels)


def _paging(queue: ReviewQueue, client: Client, pixels: int) -> None:
    undone = len(queue.entries) - queue.done
    more = queue.waiting - undone > 0
    with st.container(horizontal=True, key="paging", vertical_alignment="center"):
        if len(queue.tokens) > 1:
            st.button(
                "Previous", icon=":material/arrow_back:", key="back", on_click=_go, args=(queue.back, client, pixels)
            )
            st.button("Newest", key="first", on_click=_go, args=(queue.first, client, pixels))
        if queue.next_token or (queue.done and more):
            st.button(
                "Next",
                icon=":material/arrow_forward:",
                type="secondary" if undone else "primary",
                key="next",
                on_click=_go,
                args=(queue.next, client, pixels),
            )
        elif queue.done:
            st.button(
                "Refresh", icon=":material/refresh:", key="reload", on_click=_go, args=(queue.first, client, pixels)
            )
        left = f"{undone} of {len(queue.entries)} left on this page" if undone else "All done on this page."
        st.html(f'<p class="quiet">{left}</p>')


def _go(step: Step, client: Client, pixels: int) -> None:
    try:
        step(client, pixels)
    except ClientError as error:
        st.toast(plain(str(error)), icon=":material/error:")


def _labels(counts: CorrectionCounts) -> str:
    """How many labels have been submitted."""
    if not counts.total:
        return "No labels yet."
    most = sorted(counts.labels.items(), key=lambda one: (-one[1], one[0]))
    listed = ", ".join(f"{number:,} {escape(label)}" for label, number in most[:MOST_LABELS])
    rest = ", others" if len(most) > MOST_LABELS else ""
    return f"{counts.total:,} image{'s' * (counts.total != 1)} labelled so far: {listed}{rest}."
