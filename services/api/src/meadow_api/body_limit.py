"""No request body is read beyond what its route can use."""

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meadow.schemas.problems import ProblemCode
from meadow.sizes import MEBIBYTE
from meadow_api.image_json import largest_json
from meadow_api.media_types import FORM, is_json, media_type_of
from meadow_api.metrics import GatewayMetrics
from meadow_api.problem_responses import problem_response
from meadow_api.problem_types import PROBLEM_TYPES
from meadow_core.errors import ProblemError
from meadow_core.settings.services import ApiSettings

JSON_LIMIT = MEBIBYTE
"""Of a body that describes what is wanted; it is parsed at once."""
FORM_OVERHEAD = 64 * 1024
IMAGE_PATHS = frozenset({"/v1/classifications", "/v1/corrections"})
BATCHES_PATH = "/v1/batches"
PACK_PATH = re.compile(r"/v1/batches/[^/]+/packs/[^/]+")
PACK_OVERHEAD = MEBIBYTE
"""Tar headers and padding of a pack."""


def announced_bytes(headers: Headers) -> int | None:
    """Return how long the body is to be; None where it comes in chunks, of any length together."""
    announced = headers.get("content-length", "" if "transfer-encoding" in headers else "0")
    return int(announced) if announced.isdecimal() else None


class BodyLimit:
    """Refuses bodies that are too large: by their announced length, or as soon as they exceed the limit."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics
        self._image_limit = settings.max_image_bytes + FORM_OVERHEAD
        self._image_json_limit = largest_json(settings.max_image_bytes) + FORM_OVERHEAD
        self._form_limit = max(settings.max_zip_bytes, settings.max_pack_bytes) + PACK_OVERHEAD
        self._pack_limit = settings.max_pack_bytes + PACK_OVERHEAD

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope)
        if (announced_bytes(Headers(scope=scope)) or 0) > limit:
            self._metrics.note_problem(ProblemCode.TOO_LARGE)
            await problem_response(ProblemError(ProblemCode.TOO_LARGE, _told(limit)), scope["path"])(
                scope, receive, send
            )
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # Where a body is parsed by FastAPI, any other exception becomes a 400.
                raise HTTPException(PROBLEM_TYPES[ProblemCode.TOO_LARGE].status, _told(limit))
            return message

        await self._app(scope, receive_limited, send)

    def _limit_of(self, scope: Scope) -> int:
        path, media_type = scope["path"], media_type_of(Headers(scope=scope))
        if path in IMAGE_PATHS:
            return self._image_json_limit if is_json(media_type) else self._image_limit
        if path == BATCHES_PATH and media_type == FORM:
            # A form with a zip is not held in memory, and a form with images is limited while it is read.
            return self._form_limit
        return self._pack_limit if PACK_PATH.fullmatch(path) else JSON_LIMIT


def _told(limit: int) -> str:
    return f"The body is larger than the {limit:,} bytes accepted here."
