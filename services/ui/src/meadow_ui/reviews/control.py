"""What a person can do about an uncertain answer: say what it shows, or that nobody can tell."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from meadow.client import MeadowClient
from meadow_ui.labels.said import read_label
from meadow_ui.markup import badge, plain
from meadow_ui.reviews.entry import Entry

BUTTONS = 4
"""Classes that have a button of their own; further ones are chosen from a list."""


def review_control(entry: Entry, classes: Sequence[str], client: MeadowClient) -> None:
    """Draw the buttons, or what was said."""
    key = entry.item.id
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"say-{key}"):
        if entry.dealt_with and not entry.changing:
            _shown(entry, key)
        else:
            _asked(entry, key, classes, client)
    if entry.unheard:
        st.html(f'<p class="unheard" role="alert">{escape(entry.unheard)}</p>')


def _shown(entry: Entry, key: str) -> None:
    if entry.said is None:
        st.html('<p class="said quiet">It has left the list.</p>')
        return
    new = badge("new class", "quiet") if entry.said.new_class else ""
    st.html(f'<p class="said">You say <b>{escape(entry.said.label)}</b> {new}</p>')
    if entry.image:
        st.button("Change", type="tertiary", key=f"change-{key}", on_click=_change, args=(entry,))


def _asked(entry: Entry, key: str, classes: Sequence[str], client: MeadowClient) -> None:
    first = _first(entry, classes)
    for place, label in enumerate(first):
        arguments = (client, entry, label, classes)
        st.button(plain(label), key=f"is-{key}-{place}", on_click=_label, args=arguments)
    # A new key after each try: what was chosen before is not chosen still.
    other = f"other-{key}-{entry.tries}"
    st.selectbox(
        f"What {plain(entry.item.name)} shows",
        [label for label in classes if label not in first],
        index=None,
        accept_new_options=True,
        placeholder="Another \N{HORIZONTAL ELLIPSIS}",
        label_visibility="collapsed",
        key=other,
        on_change=_label_chosen,
        args=(client, entry, other, classes),
    )
    if entry.said is None:
        tip = "Takes it from the list, without a label."
        st.button("Cannot tell", type="tertiary", help=tip, key=f"skip-{key}", on_click=entry.forget, args=(client,))


def _first(entry: Entry, classes: Sequence[str]) -> list[str]:
    """The classes with buttons: always in the same places where all have one, else the likeliest."""
    if len(classes) <= BUTTONS:
        return list(classes)
    likely = [score.label for score in entry.item.prediction.scores if score.label in classes]
    return [*likely, *(label for label in classes if label not in likely)][:BUTTONS]


def _label_chosen(client: MeadowClient, entry: Entry, key: str, classes: Sequence[str]) -> None:
    _label(client, entry, st.session_state[key] or "", classes)


def _label(client: MeadowClient, entry: Entry, text: str, classes: Sequence[str]) -> None:
    said = read_label(text, classes)
    if said:
        entry.label(client, said)


def _change(entry: Entry) -> None:
    entry.changing = True
