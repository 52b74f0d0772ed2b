"""`HEAD` wherever there is a `GET`: the same status and headers, without the body."""

import asyncio
import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Answers `HEAD` as the route of the `GET` would, which is stopped once its headers are known: it may stream."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        as_get = {**scope, "method": "GET"}
        answered = asyncio.Event()

        async def send_head(message: Message) -> None:
            if message["type"] != "http.response.start" or answered.is_set():
                return
            await send(message)
            await send({"type": "http.response.body", "body": b""})
            answered.set()

        route = asyncio.ensure_future(self._app(as_get, receive, send_head))
        head = asyncio.create_task(answered.wait())
        try:
            await asyncio.wait({route, head}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # For the metrics, which count by route.
            scope.update({name: as_get[name] for name in ("route", "endpoint") if name in as_get})
            head.cancel()
            if not answered.is_set() and route.done():
                await route
            route.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await route
