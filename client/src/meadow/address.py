"""Where clients find the gateway, without any settings library."""

import os

DEFAULT_API_URL = "http://127.0.0.1:8000"


def gateway_address() -> tuple[str, str]:
    """The gateway's URL and the API key for it, from `MEADOW_API_URL` and `MEADOW_API_KEY`; the key may be empty."""
    return os.environ.get("MEADOW_API_URL") or DEFAULT_API_URL, os.environ.get("MEADOW_API_KEY", "")
