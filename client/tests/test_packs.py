import gzip
import io
import tarfile

import pytest

from meadow.packs import build_pack
from meadow_core.errors import ProblemError
from meadow_core.packs import count_images, read_pack

ITEMS = [("b.jpg", b"2"), ("a/ü.jpg", b""), ("n" * 300, b"x" * 2000)]
SPECIAL = [
    (tarfile.DIRTYPE, "folder"),
    (tarfile.SYMTYPE, "link"),
    (tarfile.LNKTYPE, "hardlink"),
    (tarfile.FIFOTYPE, "pipe"),
    (tarfile.CHRTYPE, "device"),
]


def refusal(body: bytes, *, max_images: int = 10) -> str:
    """Why the gateway refuses a pack; a worker must not read other images from it than were counted."""
    with pytest.raises(ProblemError) as caught:
        count_images(body, max_images=max_images)
    assert caught.value.code == "pack-invalid"
    return caught.value.detail


def with_special_members() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind, name in SPECIAL:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("folder/one.jpg")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"one"))
    return buffer.getvalue()


def with_size_field(body: bytes, offset: int, field: bytes) -> bytes:
    """Replace the size in the header at an offset, and make the header's checksum right again."""
    header = bytearray(body[offset : offset + 512])
    header[124:136] = field
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return body[:offset] + bytes(header) + body[offset + 512 :]


def test_a_pack_holds_its_items_in_order_under_any_name() -> None:
    with tarfile.open(fileobj=io.BytesIO(build_pack(ITEMS))) as tar:
        names = tar.getnames()
        contents = [file.read() for name in names if (file := tar.extractfile(name))]
    assert list(zip(names, contents, strict=True)) == ITEMS


def test_the_same_items_give_the_same_bytes() -> None:
    assert build_pack([("a", b"1")]) == build_pack([("a", b"1")])


def test_a_pack_without_items_is_a_tar_too() -> None:
    with tarfile.open(fileobj=io.BytesIO(build_pack([]))) as tar:
        assert tar.getnames() == []


def test_what_was_packed_is_what_is_read_and_counted() -> None:
    assert list(read_pack(build_pack(ITEMS))) == ITEMS
    assert count_images(build_pack(ITEMS), max_images=3) == 3


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_any_tool_may_have_made_the_tar(kind: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        member = tarfile.TarInfo("one.jpg")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"one"))
    assert list(read_pack(buffer.getvalue())) == [("one.jpg", b"one")]


def test_folders_and_links_are_no_images() -> None:
    body = with_special_members()
    assert count_images(body, max_images=1) == 1
    assert list(read_pack(body)) == [("folder/one.jpg", b"one")]


def test_a_name_is_only_a_label() -> None:
    items = [("../../etc/passwd", b"1"), ("/root/.ssh/id", b"2"), ("same", b"3"), ("same", b"4"), ("a\nb", b"5")]
    assert list(read_pack(build_pack(items))) == items


def test_a_name_that_is_no_utf_8_is_written_with_escapes() -> None:
    """A worker writes names as JSON, which has no other bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        member = tarfile.TarInfo(b"lawn\xe4.jpg".decode("utf-8", "surrogateescape"))
        archive.addfile(member)
    assert list(read_pack(buffer.getvalue())) == [("lawn\\xe4.jpg", b"")]


def test_a_pack_that_was_cut_anywhere_is_refused() -> None:
    """Even between two images, where what is left is a shorter tar."""
    body = build_pack(ITEMS)
    content = body.rstrip(b"\0")
    for end in range(0, len(content), 64):
        assert refusal(body[:end])
        with pytest.raises(ProblemError):
            list(read_pack(body[:end]))


def test_a_pack_with_a_damaged_header_in_the_middle_is_refused() -> None:
    body = build_pack([("a", b"1"), ("b", b"2"), ("c", b"3")])
    assert "damaged between two images" in refusal(body[:1024] + b"\xff" + body[1025:])


@pytest.mark.parametrize("offset", [0, 1024])
@pytest.mark.parametrize(
    "field", [(-512).to_bytes(12, "big", signed=True), (2**90).to_bytes(12, "big"), b"77777777777\0"]
)
@pytest.mark.timeout(10)
def test_an_impossible_size_neither_hangs_nor_crashes(offset: int, field: bytes) -> None:
    assert refusal(with_size_field(build_pack([("a", b"1"), ("b", b"2")]), offset, field))


def test_a_compressed_tar_is_refused() -> None:
    assert "not an uncompressed tar" in refusal(gzip.compress(build_pack(ITEMS)))


@pytest.mark.parametrize("body", [b"", b"hello", b"\xff\xd8\xff" * 400, b"PK\x03\x04" + bytes(2000)])
def test_what_is_no_tar_is_refused(body: bytes) -> None:
    assert "not an uncompressed tar" in refusal(body)
    with pytest.raises(ProblemError):
        list(read_pack(body))


def test_a_pack_holds_at_least_one_image_and_at_most_the_limit() -> None:
    assert refusal(build_pack([])) == "The pack holds 0 images; 1 to 10 are accepted."
    assert "3 images; 1 to 2" in refusal(build_pack(ITEMS), max_images=2)
