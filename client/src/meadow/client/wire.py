"""How requests are written and answers read, the same for both clients."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from meadow.client.errors import ApiProblem
from meadow.loopback import is_loopback

CONNECT_SECONDS = 5.0
JSON_BODY = {"Content-Type": "application/json"}

Params = Mapping[str, str | int]
T = TypeVar("T")


def parsed(kind: type[T], response: httpx.Response) -> T:
    """Read an answer.

    Raises:
        ApiProblem: It is none of a gateway's.
    """
    try:
        return TypeAdapter(kind).validate_json(response.content)
    except ValidationError as error:
        raise ApiProblem.unexpected(response) from error


def json_headers(idempotency_key: str | None = None) -> dict[str, str]:
    """Headers of a request with a JSON body; without a key of the caller's, the transport makes one up."""
    return {**JSON_BODY, **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}


def quoted(name: str) -> str:
    """Make a name fit into one segment of a path."""
    return quote(name, safe="")


def job_path(job_id: str) -> str:
    """Where a job of any kind is."""
    return f"/v1/jobs/{quoted(job_id)}"


def is_on_this_machine(url: str) -> bool:
    """Whether a URL's host is a loopback address."""
    return is_loopback(httpx.URL(url).host)
