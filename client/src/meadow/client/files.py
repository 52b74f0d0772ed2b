"""Reading files that are sent."""

from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from meadow.client.errors import UploadTooLargeError
from meadow.sizes import MEBIBYTE

PIECE = MEBIBYTE


def read_image(image: str | PathLike[str] | bytes) -> tuple[str, bytes]:
    """Return an image's name, which bytes alone do not have, and its bytes.

    Raises:
        OSError: There is no such file, or it cannot be read.
    """
    if isinstance(image, bytes):
        return "", image
    path = Path(image)
    return path.name, path.read_bytes()


def size_within(path: Path, limit: int) -> int:
    """Return a file's size in bytes.

    Raises:
        UploadTooLargeError: It is above the limit.
    """
    size = path.stat().st_size
    if size > limit:
        raise UploadTooLargeError(path, size, limit)
    return size


def read_pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's content; no more than a piece of it is in memory."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
