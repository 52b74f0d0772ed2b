import struct
import time
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from meadow_core.bundle.decode import ImageRejectedError, check_header
from meadow_core.bundle.region import DecodedImage

Encode = Callable[..., bytes]
Seen = Callable[..., DecodedImage]

BYTES = 4 << 20
SECONDS = 2.0
"""What such files took without a limit is 2 to 11 seconds, and more the larger they are."""


def gif_start(body: bytes) -> int:
    return 13 + 3 * (2 << (body[10] & 7))


def inserted(kind: str, repeated: bytes, encode: Encode) -> bytes:
    body = encode(Image.new("RGB", (40, 30), "red"), kind)
    place = {"JPEG": 2, "PNG": 33, "GIF": gif_start(body)}[kind]
    return body[:place] + repeated * (BYTES // len(repeated)) + body[place:]


def seconds_to_check(body: bytes) -> float:
    started = time.process_time()
    check_header(body, max_pixels=10**6)
    return time.process_time() - started


EMPTY_CHUNK = struct.pack(">L4sL", 0, b"aaAa", zlib.crc32(b"aaAa"))


@pytest.mark.parametrize(
    ("kind", "repeated", "parts"),
    [
        ("JPEG", b"\xff\xe5\0\x02", "20,000 segments"),
        ("PNG", EMPTY_CHUNK, "50,000 chunks"),
        ("GIF", b"\x21\xfe\0", "50,000 blocks"),
    ],
)
def test_file_of_countless_parts_is_refused_at_once(kind: str, repeated: bytes, parts: str, encode: Encode) -> None:
    body = inserted(kind, repeated, encode)
    started = time.process_time()
    with pytest.raises(ImageRejectedError, match=parts):
        check_header(body, max_pixels=10**6)
    assert time.process_time() - started < SECONDS


def test_gif_comment_of_countless_blocks_is_refused_at_once(encode: Encode) -> None:
    body = encode(Image.new("RGB", (40, 30)), "GIF")
    place = gif_start(body)
    started = time.process_time()
    with pytest.raises(ImageRejectedError, match="50,000 blocks"):
        check_header(body[:place] + b"\x21\xfe" + b"\x01x" * (BYTES // 2) + b"\0" + body[place:], max_pixels=10**6)
    assert time.process_time() - started < SECONDS


def test_directory_of_countless_tags_is_refused_at_once() -> None:
    count = BYTES // 20
    body = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, count) + struct.pack("<HHQQ", 65_000, 3, 1, 0) * count + bytes(8)
    with pytest.raises(ImageRejectedError, match="at most 65,535 are read"):
        check_header(body, max_pixels=10**6)


@pytest.mark.parametrize("padding", [b"\xff", b"\xff\0", b"\xff\xd0", b"junk"])
def test_padding_between_segments_costs_neither_time_nor_the_image(padding: bytes, encode: Encode, seen: Seen) -> None:
    body = inserted("JPEG", padding, encode)
    if padding == b"junk":  # a JPEG begins with a marker
        body = body[:2] + b"\xff\xfe\0\x02" + body[2:]
    assert seconds_to_check(body) < SECONDS
    assert (seen(body).pixels == (254, 0, 0)).all()


def test_comments_of_a_gif_cost_neither_transparency_nor_pixels(encode: Encode, seen: Seen) -> None:
    clear = Image.new("P", (80, 80), 1)
    clear.putpalette([255, 0, 0, 0, 0, 255])
    clear.paste(0, (0, 0, 80, 40))
    body = encode(clear, "GIF", transparency=0, comment=b"x" * 1000)
    place = gif_start(body)
    longer = body[:place] + (b"\x21\xfe" + (b"\xff" + b"y" * 255) * 1000 + b"\0") + body[place:]
    pixels = seen(longer).pixels
    assert (pixels[:30] == 255).all()
    assert (pixels[-30:] == (0, 0, 255)).all()


def test_png_of_as_many_rows_as_its_limit_ends_early_at_once(encode: Encode, seen: Seen) -> None:
    body = encode(Image.effect_noise((4, 900_000), 50), "PNG")
    started = time.process_time()
    with pytest.raises(ImageRejectedError, match="pixels are damaged"):
        seen(body[:-1000])
    assert time.process_time() - started < SECONDS
