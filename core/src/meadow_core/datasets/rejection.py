"""What did not get into a version, and why."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict

from meadow.schemas.rejection import Reason


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
