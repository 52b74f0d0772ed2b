"""The first directory of a TIFF file, which is also the form of EXIF."""

import struct
from dataclasses import dataclass

from meadow.imaging.rejected import damaged

_BYTE_ORDERS = {b"II": "<", b"MM": ">"}
MAX_ENTRIES = 65_535
"""As many as a file can have that is no BigTIFF."""
_BIG = 43
"""Version of files with places of eight bytes."""


@dataclass(frozen=True)
class Entry:
    """A tag; what its value field refers to is not read."""

    tag: int
    kind: int
    value: bytes
    whole: bytes


@dataclass(frozen=True)
class Directory:
    """The tags, as many as there are before the end of the bytes."""

    order: str
    """Byte order, as struct names it."""
    count: str
    """struct format of the number of entries."""
    start: int
    end: int
    """After the pointer to the next directory; may lie beyond the end of the bytes."""
    entries: list[Entry]


def read_directory(body: bytes) -> Directory | None:
    """Read the first directory; None if there is none.

    Raises:
        ImageRejectedError: So many tags that reading them would take seconds.
    """
    order = _BYTE_ORDERS.get(body[:2])
    if order is None:
        return None
    try:
        (version,) = struct.unpack_from(f"{order}H", body, 2)
        big = version == _BIG
        offset, count = ("Q", "Q") if big else ("L", "H")
        (start,) = struct.unpack_from(order + offset, body, 8 if big else 4)
        (length,) = struct.unpack_from(order + count, body, start)
    except (struct.error, OverflowError):  # cut short, or a place beyond what can be counted
        return None
    if length > MAX_ENTRIES:
        raise damaged(f"The directory has {length:,} tags; at most {MAX_ENTRIES:,} are read.")
    entry_bytes, value = (20, 12) if big else (12, 8)
    first = start + struct.calcsize(order + count)
    after = first + length * entry_bytes
    entries = []
    for place in range(first, min(after, len(body) - entry_bytes + 1), entry_bytes):
        whole = body[place : place + entry_bytes]
        tag, kind = struct.unpack_from(f"{order}HH", whole)
        entries.append(Entry(tag, kind, whole[value:], whole))
    return Directory(order, order + count, start, after + struct.calcsize(order + offset), entries)
