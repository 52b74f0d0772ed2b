"""Notices shown in place of content: errors of the gateway and empty states."""

from html import escape

import streamlit as st

from meadow.client import ClientError, GatewayUnreachableError
from meadow_ui.markup import code


def notice(title: str, text: str, *, tone: str = "quiet") -> None:
    """Draw a box; `text` is HTML."""
    st.html(f'<section class="notice {tone}"><h2>{escape(title)}</h2><p>{text}</p></section>')


def error_notice(error: ClientError, *, refresh: bool = True) -> None:
    """Show a failed request and what to do about it.

    Args:
        error: The failure.
        refresh: Whether to offer a refresh button; fragments that refresh themselves need none.
    """
    if isinstance(error, GatewayUnreachableError):
        notice(
            "Gateway unreachable",
            f"No response from {code(error.base_url)}. Run {code('meadow status')} to see what is running, "
            f"or {code('meadow up')} to start it.",
            tone="bad",
        )
    else:
        hint = f"Run {code('meadow status')} to see which service is down and where its logs are."
        notice("Request failed", f"{escape(str(error))} {hint}", tone="bad")
    if refresh:
        refresh_button()


def no_model_notice() -> None:
    """Show that there is no model yet, and how to train one."""
    notice(
        "No model yet",
        f"Run {code('make demo')} to train a first model on demo images. To train on your own images, one folder per "
        f"class, run {code('meadow data publish FOLDER')}, then {code('meadow train NAME')}.",
    )
    refresh_button()


def refresh_button() -> None:
    """Offer to redraw the page: any click does."""
    st.button("Refresh", icon=":material/refresh:", key="refresh")
