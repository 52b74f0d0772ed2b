"""A pack: the images that one message of a batch refers to, as an uncompressed tar.

Any tool can make one (`tar cf - *.jpg`), and reading it costs next to nothing.
"""

import io
import tarfile
from collections.abc import Iterable, Iterator, Sequence

from meadow.plain_tar import BLOCK, END_MARK, padded, plain_files, plain_header
from meadow.problems import ProblemError, ProblemTypes
from meadow.settings import MEBIBYTE

PACK_TYPE = "application/x-tar"

PACK_IMAGES = 64
"""Most images in a pack that we make: large enough that a message costs nothing, small enough to share out evenly."""
PACK_BYTES = 8 * MEBIBYTE
"""Most image bytes in a pack that we make; an image that is larger has a pack of its own."""


def build_pack(items: Sequence[tuple[str, bytes]]) -> bytes:
    """Put named images into a pack; the same items always give the same bytes, so it can be sent again."""
    parts: list[bytes] = []
    for name, body in items:
        parts += (plain_header(name, len(body)) or _header(name, len(body)), body, bytes(padded(len(body)) - len(body)))
    length = sum(map(len, parts)) + 2 * BLOCK
    parts.append(bytes(2 * BLOCK + -length % tarfile.RECORDSIZE))
    return b"".join(parts)


def read_pack(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each image. Names are labels only: nothing is ever written under them.

    Raises:
        ProblemError: Not an uncompressed tar, or cut short.
    """
    for name, place in _files(body):
        yield name, body[place]


def count_images(body: bytes, *, max_images: int) -> int:
    """Check a pack's index and count its images.

    Raises:
        ProblemError: Not an uncompressed tar, cut short, no image in it, or more than `max_images`.
    """
    count = sum(1 for _ in _files(body))
    if not 1 <= count <= max_images:
        raise ProblemError(ProblemTypes.PACK_INVALID, f"The pack holds {count} images; 1 to {max_images} are accepted.")
    return count


def printable_name(name: str) -> str:
    """Write a file name's bytes that are no UTF-8 as escapes: JSON has no room for them."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.PAX_FORMAT)


def _files(body: bytes) -> Iterable[tuple[str, slice]]:
    files = plain_files(body)
    return _files_of_any_tar(body) if files is None else files


def _files_of_any_tar(body: bytes) -> Iterator[tuple[str, slice]]:
    """Yield name and place of each file; `tarfile` alone takes a damaged header for the archive's end."""
    try:
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
            for member in archive:
                end = member.offset_data + member.size
                if member.size < 0 or member.issparse():
                    raise ProblemError(ProblemTypes.PACK_INVALID, f"{member.name!r} in the pack is not a plain file.")
                if member.isfile():
                    if end > len(body):
                        raise ProblemError(ProblemTypes.PACK_INVALID, f"The pack is cut short within {member.name!r}.")
                    yield printable_name(member.name), slice(member.offset_data, end)
            if body[archive.offset : archive.offset + BLOCK] != END_MARK:
                raise ProblemError(ProblemTypes.PACK_INVALID, "The pack is cut short, or damaged between two images.")
    except (tarfile.TarError, OverflowError) as error:
        raise ProblemError(ProblemTypes.PACK_INVALID, f"The pack is not an uncompressed tar: {error}.") from error
