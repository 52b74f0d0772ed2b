"""A pack: the images that one message of a batch refers to, as an uncompressed tar.

Any tool can make one (`tar cf - *.jpg`), and reading it costs next to nothing.
"""

import io
import tarfile
from collections.abc import Iterator, Sequence

from meadow.problems import ProblemError, ProblemTypes

PACK_TYPE = "application/x-tar"
END_MARK = bytes(tarfile.BLOCKSIZE)


def build_pack(items: Sequence[tuple[str, bytes]]) -> bytes:
    """Put named images into a pack; the same items always give the same bytes, so it can be sent again."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, body in items:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


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


def _files(body: bytes) -> Iterator[tuple[str, slice]]:
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
                    yield member.name, slice(member.offset_data, end)
            if body[archive.offset : archive.offset + tarfile.BLOCKSIZE] != END_MARK:
                raise ProblemError(ProblemTypes.PACK_INVALID, "The pack is cut short, or damaged between two images.")
    except (tarfile.TarError, OverflowError) as error:
        raise ProblemError(ProblemTypes.PACK_INVALID, f"The pack is not an uncompressed tar: {error}.") from error
