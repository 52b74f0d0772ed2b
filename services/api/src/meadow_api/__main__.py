"""`meadow-api`: run the gateway."""

import sys
import threading

import uvicorn
from pydantic import ValidationError
from rich.console import Console

from meadow.logs import JSON, configure_logging
from meadow.registry.versions import import_mlflow
from meadow.settings import load_settings
from meadow.tracing import TracingUnavailableError, configure_tracing, end_tracing
from meadow.webhooks.rules import WebhookSettingsError
from meadow_api.app import create_app
from meadow_api.auth import InsecureSettingsError
from meadow_api.server import GatewayServer


def main() -> None:
    """Start the gateway with the settings of the environment."""
    try:
        settings = load_settings()
        configure_logging(settings.log_format, service="api")
        configure_tracing(settings, "meadow-api")
        app = create_app(settings)
    except (ValidationError, InsecureSettingsError, WebhookSettingsError, TracingUnavailableError) as error:
        Console(stderr=True).print(f"The gateway cannot start: {error}", markup=False)
        sys.exit(2)
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        access_log=False,
        # Its own lines are for people; machines take those of the root.
        log_config=None if settings.log_format == JSON else uvicorn.config.LOGGING_CONFIG,
        timeout_graceful_shutdown=settings.max_wait_seconds,
        # An upload that pauses between packs keeps its connection.
        timeout_keep_alive=75,
    )
    # It answers meanwhile; the first page about a model would take seconds otherwise.
    threading.Thread(target=import_mlflow, name="import MLflow", daemon=True).start()
    try:
        GatewayServer(config, app).run_or_exit()
    finally:
        end_tracing()


if __name__ == "__main__":
    main()
