"""One entry of a zip: whether it is read, and its bytes, counted while they are unpacked."""

import re
import struct
import zlib
from collections.abc import Container
from stat import S_IFMT, S_ISREG

from meadow.image_files.file_kind import ARCHIVE_SUFFIXES
from meadow.image_files.types import HEADER_BYTES, suffix_of
from meadow.schemas.problems import ProblemCode
from meadow_core.settings.services import WorkerSettings
from meadow_worker.expansion.errors import EntryRefusedError
from meadow_worker.expansion.range_reader import RangeReader
from meadow_worker.expansion.zip_directory import ZipEntry

MAX_NAME_BYTES = 1024
"""As long as an S3 key may be."""

_STORED, _DEFLATED = 0, 8
_ENCRYPTED_FLAGS = 0x2041
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\x03\x04"
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_DRIVE = re.compile("[A-Za-z]:")
_PEEK_BYTES = 4096
"""Packed bytes that are enough for the first ones of any entry: tables of a compressed block come before them."""
_DEFLATE_OVERHEAD = 1024
"""How much longer than itself an image may become by being packed: five bytes for each block of it."""


def plain_path(entry: ZipEntry) -> str:
    """Return an entry's path as it is judged: what leads out of the zip is refused, not passed over as hidden."""
    if "./" not in entry.name:
        return entry.name
    return "/".join(part for part in entry.name.split("/") if part not in {".", ".."})


def is_archive(path: str) -> bool:
    """Whether an entry is an archive itself, which people may believe to be searched."""
    return suffix_of(path) in ARCHIVE_SUFFIXES


def check_entry(entry: ZipEntry, seen: Container[str], settings: WorkerSettings) -> None:
    """Refuse an entry by what the directory says of it.

    Args:
        entry: The entry.
        seen: The names before it.
        settings: The limits.

    Raises:
        EntryRefusedError: It is not read; says why.
    """
    why = _fault_of_name(entry) or _fault_of_content(entry)
    if entry.name in seen:
        why = "another one before it bears the same name"
    if why:
        raise _refused(why)
    most = settings.max_image_bytes
    if entry.size > most:
        raise EntryRefusedError(
            ProblemCode.TOO_LARGE, f"The image has {entry.size:,} bytes; at most {most:,} are accepted."
        )
    if entry.compressed > entry.size + entry.size // 1000 + _DEFLATE_OVERHEAD:
        raise _refused("it is larger packed than unpacked")
    if entry.size > entry.compressed * settings.max_zip_ratio:
        raise _refused(f"it unpacks to more than {settings.max_zip_ratio} times its size")


def read_entry(reader: RangeReader, entry: ZipEntry) -> bytes:
    """Unpack an entry that was found good; never more of it than the directory announced.

    Raises:
        EntryRefusedError: It is not what the directory says, or damaged.
        ObjectChangedError: The zip was replaced meanwhile.
        StoreError: The store does not answer.
    """
    start = _content_start(reader, entry)
    body = _unpack(reader.read(start, entry.compressed), entry, most=entry.size + 1)
    if len(body) > entry.size:
        raise _refused(f"it unpacks to more than the {entry.size:,} bytes that the directory announces")
    if len(body) < entry.size:
        raise _refused(f"it unpacks to less than the {entry.size:,} bytes that the directory announces")
    if zlib.crc32(body) != entry.crc:
        raise _refused("it is damaged: its checksum (CRC-32) differs")
    return body


def read_start(reader: RangeReader, entry: ZipEntry) -> bytes:
    """Unpack the first bytes of an entry, enough to recognise an image by; none of one that cannot be read.

    Raises:
        ObjectChangedError, StoreError: As for `read_entry`.
    """
    if entry.flags & _ENCRYPTED_FLAGS or entry.method not in {_STORED, _DEFLATED}:
        return b""
    try:
        packed = reader.read(_content_start(reader, entry), min(entry.compressed, _PEEK_BYTES))
        return _unpack(packed, entry, most=HEADER_BYTES)[:HEADER_BYTES]
    except EntryRefusedError:
        return b""


def _content_start(reader: RangeReader, entry: ZipEntry) -> int:
    """Return where an entry's content begins, if its own header says what the directory says."""
    header = reader.read(entry.start, _LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK):
        raise _refused("there is no entry where the directory says")
    _, _, flags, method, _, _, _, _, _, name_length, extra_length = _LOCAL.unpack(header)
    name_start = entry.start + _LOCAL.size
    if reader.read(name_start, name_length).replace(b"\\", b"/") != entry.raw_name.replace(b"\\", b"/"):
        raise _refused("it bears another name than the directory gives it")
    if method != entry.method or flags & _ENCRYPTED_FLAGS:
        raise _refused("it is packed otherwise than the directory says")
    start: int = name_start + name_length + extra_length
    if start + entry.compressed > entry.limit:
        raise _refused("it reaches into the next entry")
    return start


def _unpack(packed: bytes, entry: ZipEntry, *, most: int) -> bytes:
    if entry.method == _STORED:
        return packed
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        return unpacking.decompress(packed, most)
    except zlib.error as error:
        raise _refused(f"it is damaged ({error})") from error


def _fault_of_name(entry: ZipEntry) -> str:
    parts = entry.name.split("/")
    if entry.name.startswith("/") or ".." in parts or _DRIVE.match(entry.name):
        return "its name leads out of the zip"
    if len(entry.raw_name) > MAX_NAME_BYTES:
        return f"its name is longer than {MAX_NAME_BYTES:,} bytes"
    if _CONTROL.search(entry.name):
        return "its name holds control characters"
    return ""


def _fault_of_content(entry: ZipEntry) -> str:
    if entry.unix_mode and S_IFMT(entry.unix_mode) and not S_ISREG(entry.unix_mode):
        return "it is a link or another special file"
    if entry.flags & _ENCRYPTED_FLAGS:
        return "it is encrypted"
    if is_archive(entry.name):
        return "it is an archive itself, and those are not unpacked within another; upload it by itself"
    if entry.method not in {_STORED, _DEFLATED}:
        return f"it is packed by method {entry.method}; only stored (0) and deflated (8) entries are read"
    return ""


def _refused(why: str) -> EntryRefusedError:
    return EntryRefusedError(ProblemCode.ZIP_ENTRY_REFUSED, f"The zip's entry is not read: {why}.")
