"""Refusing bodies that are compressed: no route unpacks any, so that no small body becomes a large one."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from meadow.schemas.problems import ProblemCode
from meadow_api.media_types import curl, media_type_of
from meadow_api.metrics import GatewayMetrics
from meadow_api.problem_responses import problem_response
from meadow_api.problem_types import HttpProblemError

UNCODED = "identity"
METHODS = frozenset({"POST", "PUT", "PATCH"})
"""Those whose body is read."""


class ContentCoding:
    """Answers 415 to a `Content-Encoding`, whatever the route."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        has_body = scope["type"] == "http" and scope["method"] in METHODS
        coding = ", ".join(Headers(scope=scope).getlist("content-encoding")) if has_body else ""
        if coding.strip().lower() in {"", UNCODED}:
            await self._app(scope, receive, send)
            return
        error = _refusal(Request(scope), coding)
        self._metrics.note_problem(error.code)
        await problem_response(error, scope["path"])(scope, receive, send)


def _refusal(request: Request, coding: str) -> HttpProblemError:
    body = media_type_of(request.headers) or "application/octet-stream"
    command = curl(request, f"-H 'Content-Type: {body}' --data-binary @FILE", method=request.method)
    return HttpProblemError(
        ProblemCode.UNSUPPORTED_TYPE,
        f"The body came with Content-Encoding: {coding}, and only uncompressed bodies are read. Send it as it is, "
        f"without that header: {command}",
        headers={"Accept-Encoding": UNCODED},
    )
