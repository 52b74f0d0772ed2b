"""Refusing a parameter that is given twice: which of the two is meant cannot be told."""

from collections import Counter

from fastapi import Request

from meadow.schemas.problems import FieldError, ProblemCode
from meadow_core.errors import ProblemError


async def refuse_repeated_parameters(request: Request) -> None:
    """Check the query; no route takes a list there.

    Raises:
        ProblemError: A parameter is given more than once.
    """
    counts = Counter(name for name, _ in request.query_params.multi_items())
    errors = [
        FieldError(location=f"query.{name}", detail=f"It is given {count} times. Give it once.")
        for name, count in counts.items()
        if count > 1
    ]
    if errors:
        detail = "; ".join(f"{one.location}: {one.detail}" for one in errors)
        raise ProblemError(ProblemCode.INVALID_REQUEST, detail, errors=errors)
