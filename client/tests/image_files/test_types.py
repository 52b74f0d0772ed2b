import io

import pytest
from PIL import Image

from meadow.image_files.types import image_type, media_type, needs_header


@pytest.mark.parametrize("form", ["jpeg", "png", "gif", "bmp", "tiff", "webp", "avif"])
def test_media_type_is_told_by_first_bytes(form: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, form)
    assert media_type(file.getvalue(), "wrong.txt") == f"image/{form}"


def test_media_type_is_told_by_name_where_bytes_say_nothing() -> None:
    assert media_type(b"?", "photo.heic") == "image/heic"


def test_unknown_media_type_is_octet_stream() -> None:
    assert media_type(b"?") == "application/octet-stream"


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic", b"msf1\0\0\0\0hevc"])
def test_heif_is_recognised_by_its_brands(brands: bytes) -> None:
    kind = image_type(b"\0\0\0\x18ftyp" + brands)
    assert kind is not None
    assert kind.format == "HEIF"


def test_video_in_the_same_container_is_no_image() -> None:
    assert image_type(b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41") is None


@pytest.mark.parametrize(
    ("suffix", "needed"), [("", True), (".1", True), (".jpg?w=800", True), (".jpg_original", True), (".nef", False)]
)
def test_header_is_needed_where_suffix_is_no_word(suffix: str, *, needed: bool) -> None:
    assert needs_header(suffix) is needed
