"""`meadow-api`: run the gateway."""

import sys
import threading

import uvicorn
from pydantic import ValidationError
from rich.console import Console

from meadow_api.app import create_app
from meadow_api.auth import InsecureSettingsError
from meadow_api.server import GatewayServer
from meadow_core.logs import JSON, configure_logging
from meadow_core.registry.versions import import_mlflow
from meadow_core.settings.services import ApiSettings
from meadow_core.tracing import TracingUnavailableError, configure_tracing, end_tracing
from meadow_core.webhooks.rules import WebhookSettingsError


def main() -> None:
    """Start the gateway with the settings of the environment."""
    try:
        settings = ApiSettings.load()
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
