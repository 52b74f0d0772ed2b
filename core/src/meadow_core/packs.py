"""Reading a pack: the images that one message of a batch refers to, as an uncompressed tar."""

import io
import tarfile
from collections.abc import Iterable, Iterator

from meadow.packs import printable_name
from meadow.plain_tar import BLOCK, END_MARK, plain_files
from meadow.schemas.problems import ProblemCode
from meadow_core.errors import ProblemError


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
        raise ProblemError(ProblemCode.PACK_INVALID, f"The pack holds {count} images; 1 to {max_images} are accepted.")
    return count


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
                    raise ProblemError(ProblemCode.PACK_INVALID, f"{member.name!r} in the pack is not a plain file.")
                if member.isfile():
                    if end > len(body):
                        raise ProblemError(ProblemCode.PACK_INVALID, f"The pack is cut short within {member.name!r}.")
                    yield printable_name(member.name), slice(member.offset_data, end)
            if body[archive.offset : archive.offset + BLOCK] != END_MARK:
                raise ProblemError(ProblemCode.PACK_INVALID, "The pack is cut short, or damaged between two images.")
    except (tarfile.TarError, OverflowError) as error:
        raise ProblemError(ProblemCode.PACK_INVALID, f"The pack is not an uncompressed tar: {error}.") from error
