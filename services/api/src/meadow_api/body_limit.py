"""No request body is read beyond what its route can use."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meadow.problems import ProblemError, ProblemTypes
from meadow.settings import MEBIBYTE, Settings
from meadow_api.problem_responses import problem_response

MULTIPART_OVERHEAD = 64 * 1024
PACK_OVERHEAD = MEBIBYTE
"""Tar headers and padding of a pack."""


class BodyLimit:
    """Refuses bodies that are too large: by their announced length, or as soon as they exceed the limit."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._image_limit = settings.max_image_bytes + MULTIPART_OVERHEAD
        self._form_limit = max(settings.max_zip_bytes, settings.max_pack_bytes) + PACK_OVERHEAD
        self._pack_limit = settings.max_pack_bytes + PACK_OVERHEAD

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope)
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > limit:
            await problem_response(_too_large(limit), scope["path"])(scope, receive, send)
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, receive_limited, send)

    def _limit_of(self, scope: Scope) -> int:
        path: str = scope["path"]
        # A form with a zip is not held in memory, and a form with images is limited while it is read.
        if path == "/v1/batches" and Headers(scope=scope).get("content-type", "").lower().startswith(
            "multipart/form-data"
        ):
            return self._form_limit
        return self._pack_limit if path.startswith("/v1/batches") else self._image_limit


def _too_large(limit: int) -> ProblemError:
    return ProblemError(ProblemTypes.TOO_LARGE, f"The body is larger than the {limit:,} bytes accepted here.")
