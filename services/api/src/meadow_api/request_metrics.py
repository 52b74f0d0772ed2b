"""Counting and timing requests."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meadow_api.metrics import OTHER, GatewayMetrics

UNMATCHED_ROUTE = "unmatched"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMetrics:
    """Counts and times every request by its route, never by its path: the labels stay few."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        metrics = self._metrics
        metrics.in_progress.inc()
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            metrics.in_progress.dec()
            route = getattr(scope.get("route"), "path", UNMATCHED_ROUTE)
            method = _method(scope, route)
            metrics.requests.labels(method, route, str(status)).inc()
            metrics.latency.labels(method, route, _held(scope)).observe(time.perf_counter() - started)


def _method(scope: Scope, route: str) -> str:
    if route == UNMATCHED_ROUTE:
        return ""
    method: str = scope["method"]
    return method if method in METHODS else OTHER


def _held(scope: Scope) -> str:
    """Whether the caller asked to wait: then the time says how long the job took, not how fast the gateway is."""
    return (
        "true" if any(name == b"prefer" and b"wait" in value.lower() for name, value in scope["headers"]) else "false"
    )
