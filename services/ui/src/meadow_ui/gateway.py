"""Connections to the gateway, shared by all sessions of this process."""

import streamlit as st

from meadow.client import ApiProblem, MeadowClient, RetryPolicy
from meadow.problems import ProblemTypes
from meadow.registry.model import ModelInfo
from meadow.settings import Settings
from meadow_ui.classify.sender import Sender

PAGE_TIMEOUT = 5.0
"""Longest wait for the gateway while a page is drawn, in seconds."""

PAGE_RETRIES = RetryPolicy(seconds=0.3)
SENDER_RETRIES = RetryPolicy(seconds=20)
"""Images in flight survive a restart of the gateway."""


def page_client(settings: Settings) -> MeadowClient:
    """Return the client for drawing pages; it fails fast, so that the visitor sees the error."""
    return _client(settings.api_url, settings.api_key.get_secret_value())


def picture_sender(settings: Settings) -> Sender:
    """Return the sender that submits images and polls for their results in the background."""
    return _sender(settings.api_url, settings.api_key.get_secret_value(), settings.max_image_pixels)


def production_model(client: MeadowClient) -> ModelInfo | None:
    """Return the model in production, or None if there is none yet.

    Raises:
        ClientError: The request failed.
    """
    try:
        return client.current_model()
    except ApiProblem as problem:
        if problem.code == ProblemTypes.NO_MODEL.code:
            return None
        raise


@st.cache_resource(show_spinner=False, on_release=MeadowClient.close)
def _client(url: str, key: str) -> MeadowClient:
    return MeadowClient(url, key, timeout=PAGE_TIMEOUT, retries=PAGE_RETRIES)


@st.cache_resource(show_spinner=False, on_release=Sender.close)
def _sender(url: str, key: str, max_pixels: int) -> Sender:
    return Sender(MeadowClient(url, key, retries=SENDER_RETRIES), max_pixels=max_pixels)
