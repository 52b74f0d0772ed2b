"""A pack whose images stay where they are: a list of references instead of a tar."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel


class ObjectReference(BaseModel):
    """An image's name in the batch, and where it lies."""

    name: str
    bucket: str
    key: str


def write_references(references: Iterable[ObjectReference]) -> bytes:
    """Write one reference a line."""
    return "".join(reference.model_dump_json() + "\n" for reference in references).encode()


def read_references(body: bytes) -> Iterator[ObjectReference]:
    """Yield the references, in their order."""
    return map(ObjectReference.model_validate_json, body.splitlines())
