"""What every call shares: the connection, and reading what the gateway answers."""

from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from meadow.client.errors import ApiProblem
from meadow.client.transport import Transport

JSON_BODY = {"Content-Type": "application/json"}

T = TypeVar("T")


class Calls:
    """Calls about one subject; `Client` puts the subjects together.

    Methods raise `ApiProblem` when the gateway refuses, `GatewayUnreachableError` when it does not answer.
    """

    _transport: Transport


def parsed(kind: type[T], response: httpx.Response) -> T:
    """Read an answer.

    Raises:
        ApiProblem: It is none of a gateway's.
    """
    try:
        return TypeAdapter(kind).validate_json(response.content)
    except ValidationError as error:
        raise ApiProblem.unexpected(response) from error


def quoted(name: str) -> str:
    """Make a name fit into one segment of a path."""
    return quote(name, safe="")


def job_path(job_id: str) -> str:
    """Where a job of any kind is."""
    return f"/v1/jobs/{quoted(job_id)}"
