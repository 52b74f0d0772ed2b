"""What became of something that a person asked for on this page."""

from dataclasses import dataclass
from html import escape

import streamlit as st


@dataclass(frozen=True)
class Outcome:
    """One sentence."""

    sentence: str
    good: bool


def show_outcome(key: str) -> None:
    """Show the last one once: it is gone when the page is drawn again."""
    outcome: Outcome | None = st.session_state.pop(key, None)
    if outcome:
        kind = "said" if outcome.good else "unheard"
        st.html(f'<p class="outcome {kind}" role="status">{escape(outcome.sentence)}</p>')
