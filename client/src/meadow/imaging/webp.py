"""Size of a WebP image, before its decoder takes memory for it."""

_EXTENDED = b"VP8X"
_HEADER_BYTES = 30


def canvas_size(body: bytes) -> tuple[int, int] | None:
    """Return width and height from the header of an extended file; of the others, no side is above 16,383 pixels."""
    if body[12:16] != _EXTENDED or len(body) < _HEADER_BYTES:
        return None
    return int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1
