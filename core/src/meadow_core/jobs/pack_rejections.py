"""What a pack lacks: the images that could not be read when it was filled, and why.

They are kept beside the pack's tar, so that each still has its failed item, at its place among the others.
"""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from meadow.schemas.jobs import JobError


class Rejection(BaseModel):
    """An image that is not in its pack."""

    place: int
    """Its place among all images of the pack, from 0."""
    name: str
    error: JobError


def write_rejections(rejections: Iterable[Rejection]) -> bytes:
    """Write one rejection a line."""
    return "".join(rejection.model_dump_json() + "\n" for rejection in rejections).encode()


def read_rejections(body: bytes) -> Iterator[Rejection]:
    """Yield the rejections, in the order of their places."""
    return map(Rejection.model_validate_json, body.splitlines())
