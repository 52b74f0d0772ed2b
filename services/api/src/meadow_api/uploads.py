"""Reading one image from a request: as the raw body, or as a field of a form."""

from dataclasses import dataclass, field
from urllib.parse import unquote

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from meadow.bundle.decode import ImageRejectedError, check_header
from meadow.problems import ProblemError, ProblemTypes
from meadow.settings import Settings

FORM_FIELD = "image"
NAME_HEADER = "X-Image-Name"
MAX_NAME_CHARACTERS = 255

REQUEST_BODY = {
    "required": True,
    "content": {
        "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
        "image/png": {"schema": {"type": "string", "format": "binary"}},
        "image/webp": {"schema": {"type": "string", "format": "binary"}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [FORM_FIELD],
                "properties": {FORM_FIELD: {"type": "string", "format": "binary"}},
            }
        },
    },
}
"""For OpenAPI: the body is read by hand, so that its size is limited while it comes in."""


@dataclass(frozen=True)
class UploadedImage:
    """An image whose header was found good."""

    body: bytes
    name: str
    fields: dict[str, str] = field(default_factory=dict)
    """What else was in its form."""


async def read_image(request: Request, settings: Settings) -> UploadedImage:
    """Read the request's image and check size, type and pixel count from its header.

    Raises:
        ProblemError: No image, too large, not a type we read, or too many pixels.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        body, name, fields = await _read_form(request)
    else:
        body, name, fields = await request.body(), "", {}
    name = name or unquote(request.headers.get(NAME_HEADER, "")) or request.query_params.get("name", "")
    if not body:
        raise ProblemError(
            ProblemTypes.MALFORMED,
            f"The request holds no image. Send its bytes as the body, or as the form field {FORM_FIELD!r}.",
        )
    if len(body) > settings.max_image_bytes:
        raise ProblemError(
            ProblemTypes.TOO_LARGE,
            f"The image has {len(body):,} bytes; at most {settings.max_image_bytes:,} are accepted.",
        )
    try:
        check_header(body, max_pixels=settings.max_image_pixels)
    except ImageRejectedError as error:
        raise ProblemError(error.problem, error.detail) from error
    return UploadedImage(body, name[:MAX_NAME_CHARACTERS], fields)


async def _read_form(request: Request) -> tuple[bytes, str, dict[str, str]]:
    try:
        async with request.form(max_files=1, max_fields=8) as form:
            image = form.get(FORM_FIELD)
            if not isinstance(image, UploadFile):
                raise ProblemError(
                    ProblemTypes.MALFORMED,
                    f"The form has no file in a field named {FORM_FIELD!r}.",
                )
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            return await image.read(), image.filename or "", fields
    except HTTPException as error:
        raise ProblemError(ProblemTypes.MALFORMED, f"The form cannot be read: {error.detail}") from error
