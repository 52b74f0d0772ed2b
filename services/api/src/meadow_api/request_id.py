"""A request's id: taken from the caller or made here, in every response and every problem."""

import re
import uuid
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meadow_core.log_context import log_context

HEADER = "X-Request-ID"
current_request_id: ContextVar[str] = ContextVar("request_id", default="")

# What a caller sends ends up in logs and headers.
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestId:
    """Gives each request its id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        current_request_id.set(request_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with log_context(request_id=request_id):
            await self._app(scope, receive, send_with_id)
