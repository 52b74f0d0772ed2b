"""Reading the gateway's answers: a body, a reason to try again, or a refusal."""

from http import HTTPStatus
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from meadow_airflow.gateway.errors import GatewayRefusedError, GatewayUnavailableError

Known = TypeVar("Known", bound=BaseModel)

PASSING = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
"""What a gateway that is restarted, or a proxy before it, answers."""


def check(response: httpx.Response) -> None:
    """Pass an answer that succeeded.

    Raises:
        GatewayUnavailableError: It may be another one in a while.
        GatewayRefusedError: It will not.
    """
    if response.is_success:
        return
    code, detail = _problem(response)
    if response.status_code in PASSING or response.is_server_error:
        raise GatewayUnavailableError(
            f"The gateway answers {response.status_code} ({code}): {detail}", _retry_after(response)
        )
    raise GatewayRefusedError(response.status_code, code, detail)


def parse(model: type[Known], response: httpx.Response) -> Known:
    """Read the body of an answer that succeeded.

    Raises:
        GatewayRefusedError: It is not what was asked for: the gateway is of another version, or no gateway at all.
    """
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        path = response.request.url.path
        raise GatewayRefusedError(response.status_code, "not-understood", f"{path} {error}") from error


def unreachable(error: httpx.TransportError) -> GatewayUnavailableError:
    """Say that no answer came at all."""
    return GatewayUnavailableError(f"The gateway does not answer ({type(error).__name__}: {error})")


def _problem(response: httpx.Response) -> tuple[str, str]:
    try:
        body = response.json()
        return str(body["code"]), str(body.get("detail") or body.get("title") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "unknown", response.text[:200]


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return max(float(response.headers["Retry-After"]), 0.0)
    except (KeyError, ValueError):
        return None
