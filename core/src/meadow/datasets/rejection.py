"""What did not get into a version, and why."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Reason(StrEnum):
    """Why an image is left out."""

    UNREACHABLE = "unreachable"
    REFUSED_ADDRESS = "refused-address"
    TOO_LARGE = "too-large"
    WRONG_TYPE = "wrong-type"
    UNDECODABLE = "undecodable"
    TOO_MANY_PIXELS = "too-many-pixels"
    NEAR_EMPTY = "near-empty"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    CONFLICTING_LABELS = "conflicting-labels"
    CORRECTED = "corrected"
    LABEL_MISSING = "label-missing"
    UNKNOWN_CLASS = "unknown-class"

    @property
    def is_failure(self) -> bool:
        """Whether the image could not be had or read at all; the others were looked at and left out on purpose."""
        return self in FAILURES


FAILURES = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.REFUSED_ADDRESS,
        Reason.TOO_LARGE,
        Reason.WRONG_TYPE,
        Reason.UNDECODABLE,
        Reason.TOO_MANY_PIXELS,
    }
)


class Rejection(BaseModel):
    """An image that did not get into the version, and why."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The path or address it would have come from."""
    label: str
    origin: str
    """The source that named it."""
    reason: Reason
    detail: str
    sha256: str = ""
    """Its content, where that could be read; it is then in the store."""
    twin: str = ""
    """For duplicates: the content of the image that it was compared with."""


def write_rejections(rejections: Iterable[Rejection]) -> bytes:
    """Write one rejection a line."""
    return "".join(rejection.model_dump_json(exclude_defaults=True) + "\n" for rejection in rejections).encode()


def read_rejections(body: bytes) -> Iterator[Rejection]:
    """Yield the rejections, in their order."""
    return map(Rejection.model_validate_json, body.splitlines())
