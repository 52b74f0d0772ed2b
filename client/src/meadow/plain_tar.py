"""The plain case of a tar: regular files under short ASCII names.

Packs are made and read for every image of a batch, and `tarfile` takes longer over a header than the network does. What
is not plain is left to `tarfile`.
"""

import tarfile

BLOCK = tarfile.BLOCKSIZE
END_MARK = bytes(BLOCK)

_NAME = slice(0, 100)
_SIZE = slice(124, 136)
_CHECKSUM = slice(148, 156)
_TYPE = slice(156, 157)
_MAGIC = slice(257, 262)
_PREFIX = slice(345, 500)

_TEMPLATE = bytearray(tarfile.TarInfo().tobuf(tarfile.USTAR_FORMAT))
_TEMPLATE[_CHECKSUM] = b" " * 8
_TEMPLATE[_SIZE] = bytes(12)
_TEMPLATE_SUM = sum(_TEMPLATE)
_MAX_SIZE = 8**11 - 1
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)


def plain_header(name: str, size: int) -> bytes | None:
    """Write a regular file's header, byte for byte as `tarfile` does; None when the name or the size is not plain."""
    label = name.encode("ascii", "replace")
    if not name.isascii() or not 0 < len(label) < _NAME.stop or b"\0" in label or size > _MAX_SIZE:
        return None
    header = _TEMPLATE.copy()
    digits = b"%011o\0" % size
    header[: len(label)] = label
    header[_SIZE] = digits
    header[_CHECKSUM] = b"%06o\0 " % (_TEMPLATE_SUM + sum(label) + sum(digits))
    return bytes(header)


def plain_files(body: bytes) -> list[tuple[str, slice]] | None:
    """List name and place of every file; None when any part of the archive is not plain, or not whole."""
    files: list[tuple[str, slice]] = []
    offset = 0
    while True:
        header = body[offset : offset + BLOCK]
        if header == END_MARK:
            return files or None
        size = _plain_size(header)
        name = header[_NAME].partition(b"\0")[0]
        start = offset + BLOCK
        if size is None or start + size > len(body) or not name or not name.isascii() or name.endswith(b"/"):
            return None
        files.append((name.decode("ascii"), slice(start, start + size)))
        offset = start + padded(size)


def padded(size: int) -> int:
    """Round a file's size up to whole blocks."""
    return -(-size // BLOCK) * BLOCK


def _plain_size(header: bytes) -> int | None:
    """Read a regular file's size from its header; None when the header is damaged or says more than that."""
    digits, end = header[_SIZE][:-1], header[_SIZE][-1:]
    written = header[_CHECKSUM].rstrip(b"\0 ")
    plain = (
        len(header) == BLOCK
        and header[_MAGIC] == b"ustar"
        and header[_TYPE] in _REGULAR
        and not any(header[_PREFIX])
        and digits.isdigit()
        and end in b"\0 "
        and written.isdigit()
    )
    if not plain:
        return None
    try:
        total = sum(header) - sum(header[_CHECKSUM]) + 8 * ord(" ")
        return int(digits, 8) if int(written, 8) == total else None
    except ValueError:
        return None
