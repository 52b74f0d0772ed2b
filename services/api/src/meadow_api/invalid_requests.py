"""From pydantic's errors to a problem that names each field."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from meadow.schemas.problems import FieldError, ProblemCode
from meadow_core.errors import ProblemError

MAX_ERRORS = 20
"""Told of one request; a list of thousands of wrong entries would be answered with more than was sent."""
MAX_CHARACTERS = 300
"""Of one of them: it may repeat what was sent."""


def invalid_body(error: ValidationError) -> ProblemError:
    """Describe a body that was read by hand."""
    return invalid_request({**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_url=False))


def invalid_request(entries: Iterable[Mapping[str, Any]]) -> ProblemError:
    """Describe what is wrong with each field."""
    errors = [
        FieldError(
            location=_safe(".".join(str(part) for part in entry["loc"])),
            detail=_safe(entry["msg"].removeprefix("Value error, ")),
        )
        for entry in entries
    ]
    told = errors[:MAX_ERRORS]
    detail = "; ".join(f"{one.location}: {one.detail}" for one in told)
    if len(errors) > len(told):
        detail += f"; and {len(errors) - len(told):,} more"
    return ProblemError(ProblemCode.INVALID_REQUEST, detail, errors=told)


def _safe(text: str) -> str:
    """Shorten what may repeat the request, and escape what UTF-8 has no room for: JSON may hold half a character."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    return whole if len(whole) <= MAX_CHARACTERS else f"{whole[:MAX_CHARACTERS]}..."
