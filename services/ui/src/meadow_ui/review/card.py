"""An uncertain answer as a card, with the controls that label it or remove it from the queue."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from meadow.client import Client
from meadow_ui.classify.cards import answer
from meadow_ui.labels import parse_label, submit_error_line, submitted_label_line
from meadow_ui.markup import DECISION_KINDS, ago, plain
from meadow_ui.review.review_queue import Entry

BUTTONS = 4
"""Number of classes with a button of their own; the others are in a list."""


def review_card(entry: Entry, classes: Sequence[str]) -> str:
    """The card as HTML, without its controls."""
    item = entry.item
    name = escape(item.name or "unnamed")
    image = f'<img src="{entry.thumbnail}" alt="{name}">' if entry.thumbnail else "<span>no preview</span>"
    content = answer(item.prediction, item.model.version, classes)
    kind = DECISION_KINDS[item.prediction.decision] + (" done" if entry.handled else "")
    return (
        f'<article class="card {kind}"><figure>{image}</figure><div class="body">{content}'
        f'<p class="name" title="{name}">{ago(item.created_at)} &middot; {name}</p></div></article>'
    )


def review_control(entry: Entry, classes: Sequence[str], client: Client) -> None:
    """Draw the buttons, or the submitted label."""
    key = entry.item.id
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"label-{key}"):
        if entry.handled and not entry.changing:
            _outcome(entry, key)
        else:
            _choices(entry, key, classes, client)
    if entry.submit_error:
        st.html(submit_error_line(entry.submit_error))


def _outcome(entry: Entry, key: str) -> None:
    submitted = entry.submitted_label
    if submitted is None:
        st.html('<p class="submitted-label quiet">Removed from the queue.</p>')
        return
    st.html(submitted_label_line(submitted, confirms=submitted.label == entry.item.prediction.label))
    if entry.image:
        st.button("Change", type="tertiary", key=f"change-{key}", on_click=_change, args=(entry,))


def _choices(entry: Entry, key: str, classes: Sequence[str], client: Client) -> None:
    first = _first(entry, classes)
    for place, label in enumerate(first):
        arguments = (client, entry, label, classes)
        st.button(plain(label), key=f"is-{key}-{place}", on_click=_label, args=arguments)
    # A new key for each try, so that the last choice is not preselected.
    other = f"other-{key}-{entry.tries}"
    st.selectbox(
        f"Correct label of {plain(entry.item.name)}",
        [label for label in classes if label not in first],
        index=None,
        accept_new_options=True,
        placeholder="Other \N{HORIZONTAL ELLIPSIS}",
        label_visibility="collapsed",
        key=other,
        on_change=_label_chosen,
        args=(client, entry, other, classes),
    )
    if entry.submitted_label is None:
        tip = "Remove it from the queue without a label"
        st.button("Can't tell", type="tertiary", help=tip, key=f"skip-{key}", on_click=entry.forget, args=(client,))


def _first(entry: Entry, classes: Sequence[str]) -> list[str]:
    """The classes with buttons: all in fixed places if they fit, otherwise the most likely ones."""
    if len(classes) <= BUTTONS:
        return list(classes)
    likely = [score.label for score in entry.item.prediction.scores if score.label in classes]
    return [*likely, *(label for label in classes if label not in likely)][:BUTTONS]


def _label_chosen(client: Client, entry: Entry, key: str, classes: Sequence[str]) -> None:
    _label(client, entry, st.session_state[key] or "", classes)


def _label(client: Client, entry: Entry, text: str, classes: Sequence[str]) -> None:
    submitted = parse_label(text, classes)
    if submitted:
        entry.label(client, submitted)


def _change(entry: Entry) -> None:
    entry.changing = True
