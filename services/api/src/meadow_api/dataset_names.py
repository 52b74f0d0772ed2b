"""Names of data sets in paths and bodies: they become parts of keys, and no object store takes any text for those."""

from typing import Annotated

from fastapi import Depends, Path
from pydantic import AfterValidator, Field

from meadow.schemas.problems import ProblemCode
from meadow_core.datasets.plain_names import is_plain_name
from meadow_core.errors import ProblemError

MAX_NAME_BYTES = 255
"""In UTF-8; what a file's name may have, which is what some object stores make of it."""
PATTERN = r"^[_-]*[^\W_][\w-]*$"


def is_key_part(text: str) -> bool:
    """Whether a text can be a data set's name, and so a part of a key."""
    return is_plain_name(text) and len(text.encode()) <= MAX_NAME_BYTES


def _check(name: str) -> str:
    if not is_key_part(name):
        raise ValueError(
            f"{name[:MAX_NAME_BYTES]!r} is no data set name. Use letters, digits, '-' and '_', and at most "
            f"{MAX_NAME_BYTES} bytes"
        )
    return name


async def _from_path(name: Annotated[str, Path(description="The data set's name.")]) -> str:
    if not is_key_part(name):
        raise ProblemError(ProblemCode.NOT_FOUND, f"There is no data set {name!r}.")
    return name


DatasetName = Annotated[
    str,
    AfterValidator(_check),
    Field(min_length=1, max_length=MAX_NAME_BYTES, json_schema_extra={"pattern": PATTERN}, examples=["lawns"]),
]
"""In a body."""
DatasetInPath = Annotated[str, Depends(_from_path)]
