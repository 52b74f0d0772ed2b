"""A pack: the images that one message of a batch refers to, as an uncompressed tar.

Any tool can make one (`tar cf - *.jpg`), and reading it costs next to nothing.
"""

import tarfile
from collections.abc import Sequence

from meadow.plain_tar import BLOCK, padded, plain_header
from meadow.sizes import MEBIBYTE

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


def printable_name(name: str) -> str:
    """Write a file name's bytes that are no UTF-8 as escapes: JSON has no room for them."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.PAX_FORMAT)
