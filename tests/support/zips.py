"""Zips, good ones and ones that no ordinary tool makes."""

import io
import struct
import zipfile

Entry = tuple[str, bytes]


def make_zip(entries: list[Entry], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Zip files, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, body in entries:
            archive.writestr(zipfile.ZipInfo(name), body, method)
    return buffer.getvalue()


def change_record(archive: bytes, name: str, field: str, value: int | bytes) -> bytes:
    """Change what the directory says of an entry."""
    layout = {"flags": (8, "<H"), "method": (10, "<H"), "crc": (16, "<L"), "compressed": (20, "<L"), "size": (24, "<L"),
              "attributes": (38, "<L"), "start": (42, "<L")}  # fmt: skip
    place = _record(archive, name)
    if field == "name":
        assert isinstance(value, bytes)
        return _put(archive, place + 46, value)
    offset, code = layout[field]
    return _put(archive, place + offset, struct.pack(code, value))


def change_both(archive: bytes, name: str, field: str, value: int) -> bytes:
    """Change what the directory and the entry's own header say, alike."""
    layout = {"flags": (6, "<H"), "method": (8, "<H"), "size": (22, "<L")}
    offset, code = layout[field]
    return change_record(_put(archive, _local(archive, name) + offset, struct.pack(code, value)), name, field, value)


def body_start(archive: bytes, name: str) -> int:
    """Where an entry's bytes begin."""
    local = _local(archive, name)
    name_length, extra_length = struct.unpack_from("<2H", archive, local + 26)
    return int(local + 30 + name_length + extra_length)


def _local(archive: bytes, name: str) -> int:
    return int(struct.unpack_from("<L", archive, _record(archive, name) + 42)[0])


def _record(archive: bytes, name: str) -> int:
    directory = struct.unpack_from("<L", archive, archive.rindex(b"PK\x05\x06") + 16)[0]
    return archive.index(name.encode(), directory) - 46


def _put(archive: bytes, place: int, value: bytes) -> bytes:
    return archive[:place] + value + archive[place + len(value) :]
