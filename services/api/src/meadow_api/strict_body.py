"""JSON bodies whose types are what the description says: no `"3"` for 3, and no 1 for true."""

import json
from typing import Any

from pydantic import BaseModel, ValidatorFunctionWrapHandler, WrapValidator

EXACT_INTEGERS = 2**53
"""Below that every integer has a floating-point number of its own (RFC 8259, 6)."""


def strictly(model: type[BaseModel]) -> WrapValidator:
    """Have a body validated as JSON: of what FastAPI has parsed, strict mode takes no text for an enumeration.

    As in JSON Schema, 3.0 is an integer.
    """

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            return handler(value)
        return model.model_validate_json(json.dumps(_with_integers(value)), strict=True)

    return WrapValidator(validate)


def _with_integers(value: Any) -> Any:  # noqa: ANN401
    match value:
        case dict():
            return {name: _with_integers(one) for name, one in value.items()}
        case list():
            return [_with_integers(one) for one in value]
        case float() if value.is_integer() and abs(value) < EXACT_INTEGERS:
            return int(value)
        case _:
            return value
