"""GIF files without the blocks in front of their first picture."""

from meadow.imaging.rejected import damaged

MAX_BLOCKS = 50_000
"""Pillow reads them one by one."""

_SCREEN_BYTES = 13
_EXTENSION = 0x21
_CONTROL = 0xF9
"""Tells which colour is transparent; the other extensions are comments and the like."""


def without_comments(body: bytes) -> bytes:
    """Leave out comments and other extensions that no pixel depends on.

    Raises:
        ImageRejectedError: So many blocks that reading them would take seconds.
    """
    if len(body) <= _SCREEN_BYTES:
        return body
    flags = body[10]
    place = start = _SCREEN_BYTES + (3 * (2 << (flags & 7)) if flags & 0x80 else 0)
    control, blocks = b"", 0
    while place + 2 < len(body) and body[place] == _EXTENSION:
        extension, kind = place, body[place + 1]
        place += 2
        while place < len(body) and body[place] and blocks <= MAX_BLOCKS:
            place += 1 + body[place]
            blocks += 1
        place += 1
        blocks += 1
        if kind == _CONTROL:
            control = body[extension:place]
        if blocks > MAX_BLOCKS:
            raise damaged(f"The GIF image has more than {MAX_BLOCKS:,} blocks before its first picture.")
    return b"".join([memoryview(body)[:start], control, memoryview(body)[place:]])
