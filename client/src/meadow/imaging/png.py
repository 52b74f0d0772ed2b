"""PNG files without the chunks that no pixel depends on.

Programs keep megabytes of settings there, which Pillow takes for an attack, since a chunk of a kilobyte can unpack to a
thousand times as much. Without them there is neither that limit nor that danger.
"""

import struct
import zlib
from collections.abc import Iterator

from meadow.imaging.rejected import damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 50_000
"""A file of the largest size has eight thousand of the usual length."""

_NOT_NEEDED = frozenset(
    {b"iCCP", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"sPLT", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT"}
)
"""Text, colour profiles, and the further frames of an animation."""
_ORIENTATION_TEXTS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
_ORIENTATION_BYTES = 1 << 20
"""Largest text, unpacked, in which an orientation is looked for; as large as Pillow takes."""
_HEADER_BYTES = 8
_AROUND_BYTES = 12
"""Length, type and checksum of a chunk."""


def without_texts(body: bytes) -> bytes:
    """Leave out every chunk that is not needed; the very bytes where there is none.

    Raises:
        ImageRejectedError: So many chunks that reading them would take seconds.
    """
    whole, kept, place = memoryview(body), [], 0
    for start, end, kind in _chunks(body):
        if kind in _NOT_NEEDED and not _may_tell_orientation(body, kind, start, end):
            kept.append(whole[place:start])
            place = end
    return b"".join([*kept, whole[place:]]) if place else body


def _chunks(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Find where each whole chunk starts and ends, up to the last one or the first that is cut short."""
    place, kind = len(SIGNATURE), b""
    for _ in range(MAX_CHUNKS):
        if place + _AROUND_BYTES > len(body) or kind == b"IEND":
            return
        length, kind = struct.unpack_from(">L4s", body, place)
        end = place + _AROUND_BYTES + length
        if end > len(body):
            return
        yield place, end, kind
        place = end
    raise damaged(f"The PNG image has more than {MAX_CHUNKS:,} chunks.")


def _may_tell_orientation(body: bytes, kind: bytes, start: int, end: int) -> bool:
    content = start + _HEADER_BYTES
    name = next((name for name in _ORIENTATION_TEXTS if body.startswith(name, content)), None)
    if name is None or end - start > _ORIENTATION_BYTES:
        return False
    after = content + len(name)
    if kind == b"zTXt":
        return _unpacks_small(body[after + 1 : end - 4])
    # iTXt: whether it is compressed, how, a language, and the name in that language.
    return kind == b"tEXt" or (kind == b"iTXt" and body[after] == 0)


def _unpacks_small(packed: bytes) -> bool:
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(packed, _ORIENTATION_BYTES)
    except zlib.error:
        return False
    return not unpacker.unconsumed_tail
