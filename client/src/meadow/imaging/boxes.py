"""HEIF and AVIF files without their EXIF.

Both formats say in boxes of their own how an image is turned, and EXIF does not count; but where it is damaged, Pillow
does not open the file.
"""

import struct

_EXIF_ITEM = b"Exif"
_UNUSED_ITEM = b"free"
_HEADER_BYTES = 8
_LONG_HEADER_BYTES = 16


def without_exif(body: bytes) -> bytes:
    """Rename the EXIF item, which readers then pass over; the very bytes where there is none."""
    start, end = _meta_box(body)
    if body.find(_EXIF_ITEM, start, end) < 0:
        return body
    whole = memoryview(body)
    return b"".join([whole[:start], body[start:end].replace(_EXIF_ITEM, _UNUSED_ITEM), whole[end:]])


def _meta_box(body: bytes) -> tuple[int, int]:
    place = 0
    while place + _HEADER_BYTES <= len(body):
        size, kind = struct.unpack_from(">L4s", body, place)
        if size == 1 and place + _LONG_HEADER_BYTES <= len(body):
            (size,) = struct.unpack_from(">Q", body, place + _HEADER_BYTES)
        end = place + size if size else len(body)
        if kind == b"meta":
            return place, min(end, len(body))
        if end < place + _HEADER_BYTES:
            break
        place = end
    return 0, 0
