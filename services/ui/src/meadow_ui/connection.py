"""The pages' connections to the gateway, shared by all sessions of this process."""

import streamlit as st

from meadow.client import MeadowClient, RetryPolicy
from meadow.settings import Settings
from meadow_ui.pictures.sender import Sender

PAGE_TIMEOUT = 5.0
"""A page that is being drawn does not wait longer for the gateway."""

SENDER_PATIENCE = RetryPolicy(seconds=20)
"""Pictures on their way survive a restart of the gateway."""


def page_client(settings: Settings) -> MeadowClient:
    """The client for what a page shows; it gives up at once, for the person to hear about it."""
    return _client(settings.api_url, settings.api_key.get_secret_value())


def picture_sender(settings: Settings) -> Sender:
    """What submits pictures and polls for their answers, apart from the drawing of pages."""
    return _sender(settings.api_url, settings.api_key.get_secret_value(), settings.max_image_pixels)


@st.cache_resource(show_spinner=False, on_release=MeadowClient.close)
def _client(url: str, key: str) -> MeadowClient:
    return MeadowClient(url, key, timeout=PAGE_TIMEOUT, retries=RetryPolicy(seconds=0.3))


@st.cache_resource(show_spinner=False, on_release=Sender.close)
def _sender(url: str, key: str, max_pixels: int) -> Sender:
    return Sender(MeadowClient(url, key, retries=SENDER_PATIENCE), max_pixels=max_pixels)
