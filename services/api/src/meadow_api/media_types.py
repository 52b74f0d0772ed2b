"""What a request's body says of its type, and the 415 that tells how to send it instead."""

from email.message import Message

from fastapi import Request
from starlette.datastructures import Headers

from meadow.schemas.problems import ProblemCode
from meadow_api.problem_types import HttpProblemError
from meadow_core.errors import ProblemError

FORM = "multipart/form-data"
JSON = "application/json"
URL_ENCODED = "application/x-www-form-urlencoded"
"""What curl calls any body that was given to it without a type."""


def media_type_of(headers: Headers) -> str:
    """Return the body's media type in lower case, without parameters; empty when there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a body of that type is read as JSON."""
    return media_type == JSON or (media_type.startswith("application/") and media_type.endswith("+json"))


def came_as(media_type: str) -> str:
    """Say of which type a body came, as the end of a sentence."""
    return f"came as {_quoted(media_type)}" if media_type else "came without a Content-Type"


def unsupported(detail: str, *, accepted: str) -> ProblemError:
    """Build the 415 about a body's type.

    Args:
        detail: What came, and how to send it instead.
        accepted: The media types that are read, for the header `Accept` (RFC 9110, 15.5.16).
    """
    return HttpProblemError(ProblemCode.UNSUPPORTED_TYPE, detail, headers={"Accept": accepted})


def curl(request: Request, arguments: str, *, method: str = "") -> str:
    """Write a command that sends the same request as it should be."""
    url = str(request.url.replace(query=""))
    return f"curl {f'-X {method} ' if method else ''}{url} {arguments}"


def json_wanted(request: Request) -> ProblemError:
    """Build the 415 for a route that takes JSON."""
    command = curl(request, f"-H 'Content-Type: {JSON}' -d @request.json", method=request.method)
    came = came_as(media_type_of(request.headers))
    return unsupported(f"This takes {JSON}, and the body {came}. Send it so: {command}", accepted=JSON)


def _quoted(media_type: str) -> str:
    """Write a type that came from anywhere."""
    message = Message()
    message["content-type"] = media_type
    return media_type if message.get_content_type() == media_type and media_type.isascii() else repr(media_type)
