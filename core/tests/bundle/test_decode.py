import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from meadow_core.bundle.decode import ImageHeader, ImageRejectedError, check_header

LIMIT = 64_000_000


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is large, and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def problem_of(body: bytes, *, max_pixels: int = LIMIT) -> tuple[str, str]:
    with pytest.raises(ImageRejectedError) as caught:
        check_header(body, max_pixels=max_pixels)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_the_header_tells_type_and_size(kind: str, photo: Image.Image, encode: Callable[..., bytes]) -> None:
    assert check_header(encode(photo, kind), max_pixels=LIMIT) == ImageHeader(kind, 550, 366)


def test_the_header_is_read_without_the_pixels(photo: Image.Image, encode: Callable[..., bytes]) -> None:
    assert check_header(encode(photo, "JPEG")[:1000], max_pixels=LIMIT).width == 550


def test_nothing_is_no_image() -> None:
    assert problem_of(b"") == ("image-undecodable", "The file is empty.")


@pytest.mark.parametrize("body", [b"hello", b"%PDF-1.7 and so on", b"<svg/>", b"PK\x03\x04", b"\xff\xd8\xff"])
def test_what_is_no_image_is_of_an_unsupported_type(body: bytes) -> None:
    code, detail = problem_of(body)
    assert code == "unsupported-type"
    assert "JPEG, PNG" in detail


def test_formats_beyond_those_we_name_are_not_opened(photo: Image.Image) -> None:
    """Pillow reads dozens; each is more code that meets hostile bytes."""
    buffer = io.BytesIO()
    photo.save(buffer, "PPM")
    assert problem_of(buffer.getvalue())[0] == "unsupported-type"


def test_the_pixel_limit_counts_pixels_not_bytes(photo: Image.Image, encode: Callable[..., bytes]) -> None:
    body = encode(photo, "PNG")
    assert check_header(body, max_pixels=550 * 366).width == 550
    assert problem_of(body, max_pixels=550 * 366 - 1) == (
        "too-many-pixels",
        "The image has 550 x 366 pixels; at most 201,299 are accepted.",
    )


@pytest.mark.parametrize("side", [9_000, 60_000])
def test_a_pixel_bomb_is_refused_by_its_header(side: int) -> None:
    """The second is more than Pillow itself opens."""
    body = png_header(side, side)
    assert len(body) < 100
    code, detail = problem_of(body)
    assert code == "too-many-pixels"
    assert "64,000,000" in detail
