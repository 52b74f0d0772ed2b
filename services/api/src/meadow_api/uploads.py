"""Reading one image from a request: as the raw body, as a field of a form, or as base64 in JSON.

Whichever way it comes, the same checks decide on the image's bytes, and what the request calls them counts for nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import Request
from starlette.datastructures import Headers

from meadow.schemas.problems import ProblemCode
from meadow_api.body_limit import announced_bytes
from meadow_api.file_names import disposition_name, header_name, shown
from meadow_api.image_form import FORM_FIELD, read_image_form
from meadow_api.image_json import ImageJson, largest_json, read_image_json
from meadow_api.media_types import FORM, JSON, URL_ENCODED, came_as, curl, is_json, media_type_of, unsupported
from meadow_api.upload_memory import LARGE_BYTES, UploadMemory
from meadow_core.bundle.decode import ImageRejectedError, check_header
from meadow_core.errors import ProblemError
from meadow_core.settings.services import ApiSettings

NAME_HEADER = "X-Image-Name"
MAX_NAME_CHARACTERS = 255
ACCEPTED = f"image/*, application/octet-stream, {FORM}, {JSON}"
JSON_COPIES = 3
"""How often an image in JSON is in memory: the body, its text, and the decoded bytes."""


@dataclass(frozen=True)
class UploadedImage:
    """An image whose header was found good."""

    body: bytes
    name: str
    fields: dict[str, str] = field(default_factory=dict)
    """What else was in its form or JSON."""


@asynccontextmanager
async def uploaded_image(
    request: Request, settings: ApiSettings, memory: UploadMemory, model: type[ImageJson] = ImageJson
) -> AsyncIterator[UploadedImage]:
    """Read the request's image, check size, type and pixel count from its header, and keep its memory until it is done.

    Raises:
        ProblemError: No image, too large, not a type we read, or too many pixels.
    """
    media_type = media_type_of(request.headers)
    async with memory.room(_expected_bytes(request.headers, media_type, settings)):
        yield await _read(request, settings, media_type, model)


async def _read(request: Request, settings: ApiSettings, media_type: str, model: type[ImageJson]) -> UploadedImage:
    fields: dict[str, str] = {}
    if media_type == FORM:
        form = await read_image_form(request)
        body, name, fields = form.body, form.name, form.fields
        origin = f"The file in the form's field {FORM_FIELD!r} {came_as(form.media_type)}"
    elif is_json(media_type):
        text = await _body(request)
        body, asked = await asyncio.to_thread(read_image_json, text, model)
        name, fields = asked.name, asked.model_dump(exclude={"image", "name"})
        origin = "The image in the JSON"
    else:
        body, name = await _body(request), ""
        origin = f"The body {came_as(media_type)}"
        _check_untyped(request, body, media_type)
    if not body:
        raise ProblemError(ProblemCode.MALFORMED, f"The request holds no image. {_how_to_send(request)}")
    if len(body) > settings.max_image_bytes:
        raise ProblemError(
            ProblemCode.TOO_LARGE,
            f"The image has {len(body):,} bytes; at most {settings.max_image_bytes:,} are accepted.",
        )
    await _check_image(request, body, origin, settings)
    return UploadedImage(body, (name or _name_beside(request))[:MAX_NAME_CHARACTERS], fields)


async def _body(request: Request) -> bytes:
    # Not `request.body()`, which would keep it as long as the request: that may wait for an answer.
    return b"".join([piece async for piece in request.stream()])


async def _check_image(request: Request, body: bytes, origin: str, settings: ApiSettings) -> None:
    try:
        if len(body) < LARGE_BYTES:
            check_header(body, max_pixels=settings.max_image_pixels)
        else:
            await asyncio.to_thread(check_header, body, max_pixels=settings.max_image_pixels)
    except ImageRejectedError as error:
        if error.code is not ProblemCode.UNSUPPORTED_TYPE:
            raise ProblemError(error.code, error.detail) from error
        raise unsupported(f"{origin}. {error.detail} {_how_to_send(request, body)}", accepted=ACCEPTED) from error


def _check_untyped(request: Request, body: bytes, media_type: str) -> None:
    """Refuse what `curl -d` makes of an image or of JSON when it is given no type.

    Of a file it leaves out line breaks and NULs, and every image has some.
    """
    if media_type != URL_ENCODED or not body or any(byte in body for byte in b"\0\r\n"):
        return
    raise unsupported(
        f"The body {came_as(media_type)}, as curl -d sends it, which leaves out bytes of an image. "
        f"{_how_to_send(request, body)}",
        accepted=ACCEPTED,
    )


def _how_to_send(request: Request, body: bytes = b"") -> str:
    if body.lstrip().startswith(b"{") and not is_json(media_type_of(request.headers)):
        as_json = curl(request, f"-H 'Content-Type: {JSON}' -d @request.json")
        return f"JSON needs its type: {as_json}"
    raw = curl(request, "-H 'Content-Type: image/jpeg' --data-binary @lawn.jpg")
    form = curl(request, f"-F {FORM_FIELD}=@lawn.jpg")
    return f"Send its bytes as the body, or as the form field {FORM_FIELD!r}: {raw}, or {form}"


def _name_beside(request: Request) -> str:
    """Return the name that a header or the query gives."""
    headers = dict(reversed(request.headers.raw))
    given = header_name(headers.get(NAME_HEADER.lower().encode(), b""))
    disposition = headers.get(b"content-disposition", b"")
    return given or disposition_name(disposition) or shown(request.query_params.get("name", ""))


def _expected_bytes(headers: Headers, media_type: str, settings: ApiSettings) -> int:
    """Return how much memory the request may take, by the length that it announces."""
    announced = announced_bytes(headers)
    copies = JSON_COPIES if is_json(media_type) else 1
    most = largest_json(settings.max_image_bytes) if is_json(media_type) else settings.max_image_bytes
    return copies * (most if announced is None else announced)
