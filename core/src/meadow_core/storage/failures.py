"""From what S3's client raises to our own errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from botocore.exceptions import BotoCoreError, ClientError

from meadow_core.storage.errors import ObjectChangedError, ObjectMissingError, ObjectRefusedError, StoreError

MISSING_CODES = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})
CHANGED_CODES = frozenset({"416", "InvalidRange"})
"""What lay beyond the range is gone: the object was replaced by a smaller one."""
REFUSED_CODES = frozenset({"403", "AccessDenied", "AllAccessDisabled"})


@contextmanager
def trying(verb: str, bucket: str, key: str) -> Iterator[None]:
    """Say of a failure what was tried, where, and why it failed."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = code_of(error) if isinstance(error, ClientError) else ""
        raise _kind_of(code)(f"Could not {verb} s3://{bucket}/{key}: {error}") from error


def _kind_of(code: str) -> type[StoreError]:
    for codes, kind in (
        (MISSING_CODES, ObjectMissingError),
        (REFUSED_CODES, ObjectRefusedError),
        (CHANGED_CODES, ObjectChangedError),
    ):
        if code in codes:
            return kind
    return StoreError


def code_of(error: ClientError) -> str:
    """Return the code that the server gave."""
    response = cast("dict[str, dict[str, str]]", error.response)
    return response["Error"].get("Code", "")
