"""Every error leaves the gateway as `application/problem+json` (RFC 9457)."""

import logging
from http import HTTPStatus

from botocore.exceptions import BotoCoreError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from starlette.exceptions import HTTPException

from meadow.schemas.problems import Problem, ProblemCode
from meadow_api.allowed_methods import allowed_methods
from meadow_api.invalid_requests import invalid_request
from meadow_api.media_types import is_json, json_wanted, media_type_of
from meadow_api.metrics import GatewayMetrics
from meadow_api.problem_types import HttpProblemError, ProblemType, headers_of, type_of
from meadow_api.request_id import current_request_id
from meadow_core.datasets.errors import DatasetError
from meadow_core.errors import ProblemError
from meadow_core.registry.versions import RegistryError
from meadow_core.storage.s3 import StoreError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:meadow:problem:"
RETRY_AFTER_OUTAGE_SECONDS = 2

UNREADABLE_BODY = "There was an error parsing the body"
"""What FastAPI says of every fault of a JSON body but its syntax."""
UNREADABLE_JSON = (
    "The body cannot be read as JSON: it is not UTF-8, is nested too deeply, or has a number of too many digits."
)

logger = logging.getLogger(__name__)

_BY_STATUS = {
    HTTPStatus.NOT_FOUND: ProblemCode.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: ProblemCode.METHOD_NOT_ALLOWED,
    HTTPStatus.BAD_REQUEST: ProblemCode.MALFORMED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ProblemCode.TOO_LARGE,
}


def problem_response(error: ProblemError, instance: str) -> Response:
    """Render a problem."""
    kind = type_of(error)
    body = Problem(
        type=TYPE_PREFIX + kind.code,
        title=kind.title,
        status=kind.status,
        detail=error.detail,
        instance=instance,
        code=kind.code,
        request_id=current_request_id.get(),
        errors=error.errors,
    )
    return Response(body.model_dump_json(), status_code=kind.status, headers=headers_of(error), media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI, metrics: GatewayMetrics) -> None:
    """Turn what is raised while a request is handled into problems, and count them."""

    def answer(error: ProblemError, request: Request) -> Response:
        metrics.note_problem(type_of(error).code)
        return problem_response(error, request.url.path)

    @app.exception_handler(ProblemError)
    async def on_problem(request: Request, error: ProblemError) -> Response:
        return answer(error, request)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(_invalid_problem(request, error), request)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        return answer(_http_problem(request, error), request)

    @app.exception_handler(DatasetError)
    async def on_dataset(request: Request, error: DatasetError) -> Response:
        return answer(ProblemError(ProblemCode.INVALID_REQUEST, str(error)), request)

    async def on_outage(request: Request, error: Exception) -> Response:
        if isinstance(error, RedisError) and not isinstance(error, RedisConnectionError | RedisTimeoutError):
            return await on_bug(request, error)
        logger.warning("a part does not answer: %s", error)
        detail = f"{_part_of(error)} does not answer; the request was not accepted. Try again shortly."
        return answer(ProblemError(ProblemCode.UNAVAILABLE, detail, retry_after=RETRY_AFTER_OUTAGE_SECONDS), request)

    async def on_bug(request: Request, error: Exception) -> Response:
        logger.error("unexpected error", exc_info=error)
        detail = "The gateway failed on this request. Its log has the reason under the request's id."
        return answer(ProblemError(ProblemCode.INTERNAL, detail), request)

    for outage in (RedisError, StoreError, RegistryError, BotoCoreError):
        app.add_exception_handler(outage, on_outage)
    app.add_exception_handler(Exception, on_bug)


def _invalid_problem(request: Request, error: RequestValidationError) -> ProblemError:
    entries = error.errors()
    is_body = any(entry["loc"] == ("body",) and entry["type"] != "missing" for entry in entries)
    # A route that takes JSON and was sent something else validates its bytes.
    wants_json = is_body and not is_json(media_type_of(request.headers))
    return json_wanted(request) if wants_json else invalid_request(entries)


def _http_problem(request: Request, error: HTTPException) -> ProblemError:
    """Say of what the frameworks refuse what it was and what to do."""
    status = HTTPStatus(error.status_code)
    code = _BY_STATUS.get(status)
    detail, headers = str(error.detail), dict(error.headers or {})
    if code is ProblemCode.METHOD_NOT_ALLOWED:
        allowed = allowed_methods(request.app, request.url.path)
        headers["Allow"] = ", ".join(allowed) or headers.get("Allow", "")
        detail = f"{request.url.path} takes {headers['Allow']}, not {request.method}."
    elif code is ProblemCode.NOT_FOUND:
        detail = _no_path(request)
    elif detail == UNREADABLE_BODY:
        detail = UNREADABLE_JSON
    named = ProblemType(status.phrase.lower().replace(" ", "-"), status, status.phrase)
    return HttpProblemError(code or ProblemCode.INTERNAL, detail, headers=headers, kind=None if code else named)


def _part_of(error: Exception) -> str:
    if isinstance(error, RedisError):
        return "Redis"
    return "The model registry" if isinstance(error, RegistryError) else "The object store"


def _no_path(request: Request) -> str:
    path = request.url.path
    hint = f"Ask for {path.rstrip('/')}, without the slash at its end" if path.rstrip("/") != path else "See /docs"
    return f"There is nothing at {path}. {hint}."
