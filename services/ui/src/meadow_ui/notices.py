"""What a page says instead of its content when there is none to show."""

from html import escape

import streamlit as st

from meadow.client import ClientError, GatewayUnreachableError
from meadow_ui.markup import code


def notice(title: str, text: str, *, tone: str = "quiet") -> None:
    """A calm box; `text` is HTML."""
    st.html(f'<section class="notice {tone}"><h2>{escape(title)}</h2><p>{text}</p></section>')


def trouble(error: ClientError, *, again: bool = True) -> None:
    """Say that the gateway does not answer, or what it answered instead, and what to do.

    Args:
        error: What was met.
        again: Whether a button is wanted; a part of a page that is drawn again by itself needs none.
    """
    if isinstance(error, GatewayUnreachableError):
        notice(
            "The gateway is not answering",
            f"Nothing answers at {code(error.base_url)}. Run {code('meadow status')} to see what is running, "
            f"or {code('meadow up')} to start it.",
            tone="bad",
        )
    else:
        hint = f"{code('meadow status')} tells which part is missing and where the logs are."
        notice("The gateway cannot help right now", f"{escape(str(error))} {hint}", tone="bad")
    if again:
        look_again()


def no_model() -> None:
    """Say that there is nothing to classify with, and how to change that."""
    notice(
        "No model yet",
        f"Nothing has been trained so far. {code('make demo')} trains a first model on the demo pictures; "
        "your own folders, one a class, work just as well: "
        f"{code('meadow data publish FOLDER')}, then {code('meadow train NAME')}.",
    )
    look_again()


def look_again() -> None:
    """Offer to draw the page again, which is all it takes."""
    st.button("Look again", icon=":material/refresh:", key="look-again")
