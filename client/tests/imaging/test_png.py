import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, PngImagePlugin

from meadow.imaging.png import without_texts
from meadow_core.bundle.decode import check_header
from meadow_core.bundle.region import DecodedImage

Encode = Callable[..., bytes]
Seen = Callable[..., DecodedImage]

BEFORE, AFTER = 8 + 25, -12
"""After the header, and before the end."""
XMP = b'<x tiff:Orientation="6"/>'


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))


def with_chunk(body: bytes, place: int, kind: bytes, content: bytes) -> bytes:
    return body[:place] + chunk(kind, content) + body[place:]


PACKED = zlib.compress(b"x" * 3_000_000)


@pytest.mark.parametrize("place", [BEFORE, AFTER])
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (b"zTXt", b"settings\0\0" + PACKED),
        (b"iTXt", b"prompt\0\x01\0\0\0" + PACKED),
        (b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0" + PACKED),
        (b"zTXt", b"Raw profile type exif\0\0" + PACKED),
        (b"tEXt", b"workflow\0" + b"x" * 3_000_000),
        (b"iCCP", b"printer\0\0" + PACKED),
        (b"iCCP", b"printer\0\0no zlib"),
        (b"acTL", b"damaged"),
        (b"pHYs", b"cut"),
    ],
)
def test_png_with_much_or_damaged_text_is_intact(
    kind: bytes, content: bytes, place: int, photo: Image.Image, encode: Encode, seen: Seen
) -> None:
    plain = encode(photo, "PNG")
    body = with_chunk(plain, place, kind, content)
    assert (seen(body).pixels == seen(plain).pixels).all()
    assert check_header(body, max_pixels=10**6).width == 550


def test_bomb_in_text_is_never_unpacked(photo: Image.Image, encode: Encode, seen: Seen) -> None:
    """Pillow's own limit, on what texts may unpack to, is left as it is."""
    bomb = zlib.compress(bytes(200_000_000))
    body = encode(photo, "PNG")
    for name in (b"a", b"Raw profile type exif", b"XML:com.adobe.xmp"):
        body = with_chunk(body, BEFORE, b"zTXt", name + b"\0\0" + bomb)
    assert PngImagePlugin.MAX_TEXT_CHUNK == 1 << 20
    assert without_texts(body) == encode(photo, "PNG")
    assert seen(body).width == 550


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"eXIf", b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
        (
            b"zTXt",
            b"Raw profile type exif\0\0"
            + zlib.compress(
                b"\nexif\n 26\n" + b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".hex().encode()
            ),
        ),
    ],
)
@pytest.mark.parametrize("place", [BEFORE, AFTER])
def test_orientation_is_found_before_and_behind_the_pixels(
    kind: bytes, content: bytes, place: int, photo: Image.Image, encode: Encode, seen: Seen
) -> None:
    decoded = seen(with_chunk(encode(photo, "PNG"), place, kind, content))
    assert (decoded.width, decoded.height) == (366, 550)


def test_png_without_texts_is_not_copied(photo: Image.Image, encode: Encode) -> None:
    body = encode(photo, "PNG")
    assert without_texts(body) is body
