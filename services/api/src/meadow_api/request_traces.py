"""A span for each request, which goes on with the caller's trace."""

from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meadow_core.tracing import TRACEPARENT, is_tracing, span

QUIET = frozenset({"/metrics", "/healthz", "/readyz"})
"""Asked every few seconds by machines."""


class RequestTraces:
    """Costs a look at a variable while traces are off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or not is_tracing() or scope["path"] in QUIET:
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        given = Headers(scope=scope).get(TRACEPARENT)
        current: Any
        with span(method, {TRACEPARENT: given} if given else {}, {"http.request.method": method}) as current:

            async def send_and_note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    current.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self._app(scope, receive, send_and_note)
            finally:
                route = getattr(scope.get("route"), "path", "")
                current.set_attribute("http.route", route)
                current.update_name(f"{method} {route}".strip())
