"""Connections to the gateway, shared by all sessions of this process."""

import streamlit as st

from meadow.client import ApiProblem, Client, RetryPolicy
from meadow.schemas.models import ModelInfo
from meadow.schemas.problems import ProblemCode
from meadow_ui.classify.sender import Sender
from meadow_ui.settings import PageSettings

PAGE_TIMEOUT = 5.0
"""Longest wait for the gateway while a page is drawn, in seconds."""

PAGE_RETRIES = RetryPolicy(seconds=0.3)
SENDER_RETRIES = RetryPolicy(seconds=20)
"""Images in flight survive a restart of the gateway."""


def page_client(settings: PageSettings) -> Client:
    """Return the client for drawing pages; it fails fast, so that the visitor sees the error."""
    return _client(settings.api_url, settings.api_key.get_secret_value())


def picture_sender(settings: PageSettings) -> Sender:
    """Return the sender that submits images and polls for their results in the background."""
    return _sender(settings.api_url, settings.api_key.get_secret_value(), settings.max_image_pixels)


def production_model(client: Client) -> ModelInfo | None:
    """Return the model in production, or None if there is none yet.

    Raises:
        ClientError: The request failed.
    """
    try:
        return client.current_model()
    except ApiProblem as problem:
        if problem.code == ProblemCode.NO_MODEL:
            return None
        raise


@st.cache_resource(show_spinner=False, on_release=Client.close)
def _client(url: str, key: str) -> Client:
    return Client(url, key, timeout=PAGE_TIMEOUT, retries=PAGE_RETRIES)


@st.cache_resource(show_spinner=False, on_release=Sender.close)
def _sender(url: str, key: str, max_pixels: int) -> Sender:
    return Sender(Client(url, key, retries=SENDER_RETRIES), max_pixels=max_pixels)
