"""Cutting a file into the parts its format is made of, and putting them together again."""

import struct
import zlib

_PNG = b"\x89PNG\r\n\x1a\n"
_BOXES_IN = frozenset({b"meta", b"iprp", b"ipco", b"iinf", b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_FULL_BOXES = {b"meta": 12, b"iinf": 14}


def split(body: bytes) -> list[bytes]:
    """Cut into segments, chunks, boxes or directory entries; joined again they are the same bytes."""
    if body.startswith(b"\xff\xd8"):
        return _jpeg(body)
    if body.startswith(_PNG):
        return _chunks(body, 8, ">L", 12)
    if body.startswith(b"RIFF"):
        return _chunks(body, 12, "<4xL", 8)
    if body.startswith((b"II", b"MM")):
        return _directory(body)
    if body[4:8] == b"ftyp":
        return _boxes(body)
    return [body[:14], body[14:64], *(body[place : place + 64] for place in range(64, len(body), 64))]


def with_checksums(parts: list[bytes]) -> list[bytes]:
    """Give the chunks of a PNG the length and checksum that their content has, so that readers look into them."""
    if not parts or parts[0] != _PNG:
        return parts
    return [parts[0], *(_checked(part) for part in parts[1:])]


def _checked(chunk: bytes) -> bytes:
    kind, content = chunk[4:8], chunk[8:-4]
    return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))


def _jpeg(body: bytes) -> list[bytes]:
    parts, place = [body[:2]], 2
    while place + 4 <= len(body) and body[place] == 0xFF:
        end = place + 2 + struct.unpack_from(">H", body, place + 2)[0]
        if body[place + 1] == 0xDA:
            end = len(body) - 2
        parts.append(body[place:end])
        place = end
    return [*parts, body[place:]]


def _chunks(body: bytes, first: int, length: str, around: int) -> list[bytes]:
    parts, place = [body[:first]], first
    while place + around <= len(body):
        (size,) = struct.unpack_from(length, body, place)
        end = place + around + size + (size % 2 if around == 8 else 0)
        parts.append(body[place:end])
        place = end
    return [*parts, body[place:]]


def _directory(body: bytes) -> list[bytes]:
    order = "<" if body.startswith(b"II") else ">"
    big = body[2:4] in {b"\x2b\0", b"\0\x2b"}
    (start,) = struct.unpack_from(order + ("Q" if big else "L"), body, 8 if big else 4)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), body, start)
    size, first = (20, start + 8) if big else (12, start + 2)
    after = first + count * size
    entries = [body[place : place + size] for place in range(first, after, size)]
    return [body[:8], body[8:start], body[start:first], *entries, body[after:]]


def _boxes(body: bytes) -> list[bytes]:
    parts, place = [], 0
    while place + 8 <= len(body):
        size, kind = struct.unpack_from(">L4s", body, place)
        end = place + _FULL_BOXES.get(kind, 8) if kind in _BOXES_IN else place + max(size, 8)
        parts.append(body[place:end])
        place = end
    return [*parts, body[place:]]
