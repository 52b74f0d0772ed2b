"""The `Idempotency-Key` header (IETF draft-ietf-httpapi-idempotency-key-header-07, expired)."""

from typing import Annotated

from fastapi import Depends, Header

from meadow.schemas.problems import ProblemCode
from meadow_core.errors import ProblemError

MAX_KEY_CHARACTERS = 255
REPLAYED_HEADER = "Idempotent-Replayed"


async def idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="The same key with the same request gives the same job; quoted or not, kept for a day.",
            json_schema_extra={"minLength": 1, "maxLength": MAX_KEY_CHARACTERS, "pattern": r'[^\s"]'},
        ),
    ] = None,
) -> str:
    """Read the key; empty when there is none."""
    if idempotency_key is None:
        return ""
    key = idempotency_key.strip().strip('"')
    if not key or len(key) > MAX_KEY_CHARACTERS:
        raise ProblemError(
            ProblemCode.MALFORMED,
            f"An Idempotency-Key has 1 to {MAX_KEY_CHARACTERS} characters, say a UUID.",
        )
    return key


IdempotencyHeader = Annotated[str, Depends(idempotency_key)]
