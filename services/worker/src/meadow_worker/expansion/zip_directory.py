"""The directory of a zip (PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16), read with nothing in it trusted.

`zipfile` would load a directory of any size, and says nothing of entries that lie upon each other.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from meadow.schemas.problems import ProblemCode
from meadow.sizes import MEBIBYTE
from meadow_worker.expansion.errors import SourceError
from meadow_worker.expansion.range_reader import RangeReader

MAX_DIRECTORY_BYTES = 64 * MEBIBYTE
MAX_SHOWN = 1024
"""Characters of a name that are shown; as many as an S3 key has at most."""

_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_MAX_COMMENT = 0xFFFF
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_MARK = b"PK\x06\x07"
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_MARK = b"PK\x06\x06"
_RECORD = struct.Struct("<4s4B4H3L5H2L")
_RECORD_MARK = b"PK\x01\x02"
_LOCAL_BYTES = 30
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF

_UTF8_FLAG = 0x800
_ZIP64_EXTRA = 0x0001
_UNICODE_PATH_EXTRA = 0x7075
_EXTRA_HEADER = struct.Struct("<2H")
_UNICODE_PATH = struct.Struct("<BL")


class ZipEntry(NamedTuple):
    """What the directory says of an entry."""

    raw_name: bytes
    name: str
    """With `/` between its parts."""
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    unix_mode: int
    """File type and permissions; 0 when the zip does not tell."""
    start: int
    """Where its header begins in the file."""
    limit: int
    """Where what follows it begins."""


@dataclass(frozen=True)
class _Directory:
    start: int
    size: int
    entries: int
    shift: int
    """How much lies before the zip in the file, as in one that unpacks itself."""


def read_directory(reader: RangeReader, *, max_entries: int) -> list[ZipEntry]:
    """Read every entry, in the order of the directory.

    Raises:
        SourceError: No zip, cut short, damaged, spread over several files, with entries that overlap, or with more
            entries than are read.
        StoreError: The store does not answer.
    """
    found = _find_directory(reader)
    if found.entries > max_entries:
        raise _too_large(f"The zip has {found.entries:,} entries; at most {max_entries:,} are read.")
    if found.size > MAX_DIRECTORY_BYTES:
        raise _too_large(f"The zip's directory has {found.size:,} bytes; at most {MAX_DIRECTORY_BYTES:,} are read.")
    entries: list[ZipEntry] = []
    for entry in _records(reader.read(found.start, found.size), found):
        entries.append(entry)
        if len(entries) > max_entries:
            raise _too_large(f"The zip has more than {max_entries:,} entries.")
    if len(entries) != found.entries:
        raise _invalid(f"its directory announces {found.entries:,} entries and holds {len(entries):,}")
    return _with_limits(entries, found.start)


def _find_directory(reader: RangeReader) -> _Directory:
    tail_start = max(reader.size - _END.size - _MAX_COMMENT - _LOCATOR.size, 0)
    tail = reader.read(tail_start, reader.size - tail_start)
    place = tail.rfind(_END_MARK, 0, len(tail) - _END.size + len(_END_MARK))
    if place < 0:
        raise _invalid("it has no directory at its end: it is no zip, or cut short")
    _, disk, first_disk, here, entries, size, start, _ = _END.unpack_from(tail, place)
    end = tail_start + place
    if place >= _LOCATOR.size and tail[place - _LOCATOR.size :].startswith(_LOCATOR_MARK):
        return _find_directory64(reader, tail[place - _LOCATOR.size : place], end - _LOCATOR.size)
    if disk or first_disk or here != entries:
        raise _invalid("it is one of several files")
    return _placed(start, size, entries, end)


def _find_directory64(reader: RangeReader, locator: bytes, locator_start: int) -> _Directory:
    _, _, recorded, disks = _LOCATOR.unpack(locator)
    # It lies right before its locator, wherever a program in front of the zip has moved it from.
    for place in (locator_start - _END64.size, recorded):
        body = reader.read(max(place, 0), _END64.size)
        if body.startswith(_END64_MARK) and len(body) == _END64.size:
            _, _, _, _, disk, first_disk, here, entries, size, start = _END64.unpack(body)
            if disks > 1 or disk or first_disk or here != entries:
                raise _invalid("it is one of several files")
            return _placed(start, size, entries, place)
    raise _invalid("its directory (ZIP64) is damaged")


def _placed(start: int, size: int, entries: int, end: int) -> _Directory:
    shift = end - size - start
    if shift < 0:
        raise _invalid("its directory does not fit into the file: it is cut short or damaged")
    return _Directory(start + shift, size, entries, shift)


def _records(body: bytes, found: _Directory) -> Iterator[ZipEntry]:
    place = 0
    while place < len(body):
        if len(body) - place < _RECORD.size or not body.startswith(_RECORD_MARK, place):
            raise _invalid("its directory is damaged")
        (
            _, _, _, _, _, flags, method, _, _, crc, compressed, size,
            name_length, extra_length, comment_length, _, _, attributes, start,
        ) = _RECORD.unpack_from(body, place)  # fmt: skip
        place += _RECORD.size
        raw_name = body[place : place + name_length]
        extra = _fields(body[place + name_length : place + name_length + extra_length])
        place += name_length + extra_length + comment_length
        if place > len(body):
            raise _invalid("its directory is damaged")
        if _ZIP64_EXTRA in extra:
            size, compressed, start = _large_numbers(extra[_ZIP64_EXTRA], size, compressed, start)
        yield ZipEntry(
            raw_name=raw_name,
            name=_decode(raw_name, flags, extra.get(_UNICODE_PATH_EXTRA, b"")).replace("\\", "/"),
            flags=flags,
            method=method,
            crc=crc,
            compressed=compressed,
            size=size,
            unix_mode=attributes >> 16,
            start=start + found.shift,
            limit=found.start,
        )


def _fields(extra: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    place = 0
    while place + _EXTRA_HEADER.size <= len(extra):
        kind, length = _EXTRA_HEADER.unpack_from(extra, place)
        place += _EXTRA_HEADER.size
        fields.setdefault(kind, extra[place : place + length])
        place += length
    return fields


def _large_numbers(field: bytes, *numbers: int) -> list[int]:
    """Replace the numbers that do not fit into 32 bits by those of the ZIP64 field, which holds only these."""
    large = [value for (value,) in struct.iter_unpack("<Q", field[: len(field) // 8 * 8])]
    full = [place for place, number in enumerate(numbers) if number == _FULL32]
    replaced = list(numbers)
    for place, value in zip(full, large, strict=False):
        replaced[place] = value
    return replaced


def _decode(raw: bytes, flags: int, unicode_path: bytes) -> str:
    """Read a name: as it says it is written, else as UTF-8, which many write without saying so, else as DOS did."""
    if len(unicode_path) > _UNICODE_PATH.size:
        version, crc = _UNICODE_PATH.unpack_from(unicode_path)
        if version == 1 and crc == zlib.crc32(raw):
            raw, flags = unicode_path[_UNICODE_PATH.size :], flags | _UTF8_FLAG
    if flags & _UTF8_FLAG:
        return raw.decode("utf-8", "backslashreplace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _with_limits(entries: list[ZipEntry], directory_start: int) -> list[ZipEntry]:
    """Say where each entry must end; ordinary tools never put one upon another, bombs do (Fifield, 2019)."""
    ordered = sorted(entries, key=lambda entry: entry.start)
    starts = [entry.start for entry in ordered] + [directory_start]
    for entry, (start, limit) in zip(ordered, pairwise(starts), strict=True):
        if start + _LOCAL_BYTES + len(entry.raw_name) + entry.compressed > limit:
            raise _invalid(f"its entries overlap, or reach into its directory, at {shown(entry.name)!r}")
    limit_of = dict(pairwise(starts))
    return [entry._replace(limit=limit_of[entry.start]) for entry in entries]


def shown(name: str) -> str:
    """Write a name for people: not at any length, and with nothing unprintable."""
    cut = name if len(name) <= MAX_SHOWN else name[: MAX_SHOWN - 1] + "…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut)


def _invalid(why: str) -> SourceError:
    return SourceError(ProblemCode.ZIP_INVALID, f"The zip cannot be read: {why}.")


def _too_large(detail: str) -> SourceError:
    return SourceError(ProblemCode.ZIP_TOO_LARGE, f"{detail} Split it into several.")
