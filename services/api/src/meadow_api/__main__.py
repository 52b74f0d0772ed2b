"""`meadow-api`: run the gateway."""

import sys

import uvicorn
from pydantic import ValidationError
from rich.console import Console

from meadow.settings import load_settings
from meadow.webhooks.rules import WebhookSettingsError
from meadow_api.app import create_app
from meadow_api.auth import InsecureSettingsError
from meadow_api.server import GatewayServer


def main() -> None:
    """Start the gateway with the settings of the environment."""
    try:
        settings = load_settings()
        app = create_app(settings)
    except (ValidationError, InsecureSettingsError, WebhookSettingsError) as error:
        Console(stderr=True).print(f"The gateway cannot start: {error}", markup=False)
        sys.exit(2)
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        access_log=False,
        timeout_graceful_shutdown=settings.max_wait_seconds,
        # An upload that pauses between packs keeps its connection.
        timeout_keep_alive=75,
    )
    GatewayServer(config, app).run_or_exit()


if __name__ == "__main__":
    main()
