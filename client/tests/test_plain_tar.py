import io
import tarfile

import pytest

from meadow.packs import build_pack
from meadow.plain_tar import plain_files, plain_header

ITEMS = [("a.jpg", b"1"), ("b/" + "c" * 90, b"x" * 512), ("d e\n.jpg", b"")]


@pytest.mark.parametrize("name", ["a", "lawns/a b.jpg", "n" * 99, "new\nline"])
@pytest.mark.parametrize("size", [0, 1, 511, 8**11 - 1])
def test_a_header_is_what_tarfile_writes(name: str, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    assert plain_header(name, size) == member.tobuf(tarfile.PAX_FORMAT)


@pytest.mark.parametrize(("name", "size"), [("ü.jpg", 1), ("n" * 100, 1), ("", 1), ("a\0b", 1), ("a", 8**11)])
def test_what_is_not_plain_is_left_alone(name: str, size: int) -> None:
    assert plain_header(name, size) is None


def test_files_are_found_where_tarfile_finds_them() -> None:
    body = build_pack(ITEMS)
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        expected = [
            (member.name, slice(member.offset_data, member.offset_data + member.size))
            for member in archive.getmembers()
        ]
    assert plain_files(body) == expected


@pytest.mark.parametrize("kind", [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.GNUTYPE_SPARSE, tarfile.XHDTYPE])
def test_an_archive_with_anything_else_in_it_is_left_to_tarfile(kind: bytes) -> None:
    member = tarfile.TarInfo("x")
    member.type = kind
    body = build_pack(ITEMS)
    assert plain_files(member.tobuf(tarfile.USTAR_FORMAT) + body) is None
    assert plain_files(body) is not None


def test_a_damaged_or_cut_archive_is_left_to_tarfile() -> None:
    body = build_pack(ITEMS)
    index = [place.start - 512 for _, place in plain_files(body) or []]
    for start in index:
        for offset in (0, 100, 124, 135, 148, 156, 257, 345):
            damaged = bytearray(body)
            damaged[start + offset] ^= 0x40
            assert plain_files(bytes(damaged)) is None, (start, offset)
    for end in range(0, len(body.rstrip(b"\0")), 128):
        assert plain_files(body[:end]) is None
