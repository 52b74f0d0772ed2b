"""What each process of Airflow must do before it counts as ready: it says so through the API server."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from meadow_local.checks import CHECK_SECONDS, Target
from meadow_local.errors import NotReadyError
from meadow_local.settings import LOOPBACK

HEALTH_PATH = "/api/v2/monitor/health"
HEALTHY = "healthy"


def api_server_answers(target: Target) -> None:
    """It answers, and reaches the database."""
    _expect_healthy(_health(target), "metadatabase")


def beats(component: str) -> Callable[[Target], None]:
    """Make the check of a component: a heartbeat of this very process has reached the database."""

    def check(target: Target) -> None:
        try:
            health = _health(target)
        except NotReadyError as error:
            raise NotReadyError("waits for airflow-api-server") from error
        _expect_healthy(health, component)
        seen = health[component].get(f"latest_{component}_heartbeat") or ""
        # The one of the process before would be good for half a minute.
        if not seen or datetime.fromisoformat(seen).astimezone(UTC) < target.started:
            raise NotReadyError("gives no sign of life")

    return check


def _expect_healthy(health: dict[str, dict[str, str | None]], component: str) -> None:
    state = health.get(component, {}).get("status")
    if state != HEALTHY:
        raise NotReadyError(f"is {state or 'not there'}")


def _health(target: Target) -> dict[str, dict[str, str | None]]:
    connection = HTTPConnection(LOOPBACK, target.settings.airflow_port, timeout=CHECK_SECONDS)
    try:
        connection.request("GET", HEALTH_PATH)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException) as error:
        raise NotReadyError("does not answer") from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise NotReadyError(f"answers {answer.status}")
    health: dict[str, dict[str, str | None]] = json.loads(body)
    return health
