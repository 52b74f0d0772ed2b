import struct
from collections.abc import Callable

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from meadow.client.folder.shrink import shrink
from meadow.imaging.jpeg import read_jpeg
from meadow.imaging.small import small_picture
from meadow_core.bundle.decode import ImageRejectedError, check_header
from meadow_core.bundle.region import DecodedImage

Encode = Callable[..., bytes]
Seen = Callable[..., DecodedImage]
Difference = Callable[[DecodedImage, Image.Image], float]


def lossless(image: Image.Image) -> bytes:
    return bytes(imagecodecs.ljpeg_encode(np.asarray(image)))


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def without(body: bytes, marker: int) -> bytes:
    """Leave out the first segment of a kind."""
    place = body.index(b"\xff" + bytes([marker]))
    return body[:place] + body[place + 2 + struct.unpack_from(">H", body, place + 2)[0] :]


@pytest.mark.parametrize(
    ("options", "sequential"),
    [({}, True), ({"subsampling": 0}, True), ({"progressive": True}, False)],
)
def test_frame_tells_how_a_jpeg_is_decoded(
    photo: Image.Image, encode: Encode, options: dict[str, object], *, sequential: bool
) -> None:
    found = read_jpeg(encode(photo, "JPEG", **options))
    assert found.frame
    assert (found.frame.width, found.frame.height, found.frame.bits) == (550, 366, 8)
    assert (found.scalable, found.sequential) == (True, sequential)


@pytest.mark.parametrize("marker", [0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7])
def test_other_frames_are_never_decoded_at_a_scale(marker: int, photo: Image.Image, encode: Encode) -> None:
    body = encode(photo, "JPEG")
    assert not read_jpeg(body.replace(b"\xff\xc0", b"\xff" + bytes([marker]), 1)).scalable


def test_two_frames_or_other_depths_are_never_decoded_at_a_scale(photo: Image.Image, encode: Encode) -> None:
    body = encode(photo, "JPEG")
    place = body.index(b"\xff\xc0")
    assert not read_jpeg(body[:place] + body[place : place + 19] + body[place:]).scalable
    assert not read_jpeg(body[: place + 4] + b"\x0c" + body[place + 5 :]).scalable


def test_scans_of_single_components_are_not_sequential(photo: Image.Image, encode: Encode) -> None:
    body = encode(photo, "JPEG")
    place = body.index(b"\xff\xda") + 4
    assert not read_jpeg(body[:place] + b"\x01" + body[place + 1 :]).sequential


def test_lossless_jpeg_is_answered_everywhere(photo: Image.Image, seen: Seen, difference: Difference) -> None:
    grey = photo.convert("L")
    body = lossless(grey)
    assert difference(seen(body), grey) < 0.5
    assert check_header(body, max_pixels=10**6).width == 550
    assert small_picture(body, 100, max_pixels=10**6).size == (100, 67)
    assert len(shrink(body, 100)) < len(body)


def test_jpeg_without_its_metadata_has_the_same_pixels(photo: Image.Image, encode: Encode, seen: Seen) -> None:
    plain = encode(photo, "JPEG")
    extra = b"".join(segment(marker, b"x" * 60_000) for marker in (0xE1, 0xE2, 0xED, 0xEC, 0xEF, 0xFE)) * 3
    body = plain[:2] + extra + plain[2:]
    assert read_jpeg(body).plain == plain
    assert (seen(body).pixels == seen(plain).pixels).all()
    assert check_header(body, max_pixels=10**6).height == 366


@pytest.mark.parametrize(
    "fault",
    [b"8BIM\x03\xed\0", b"Photoshop 3.0\0" + b"8BIM\x03\xed\xff", b"MPF\0II*\0\xff\xff", b"ICC_PROFILE\0\x09\x01x"],
)
def test_damaged_application_segments_never_cost_the_image(
    fault: bytes, photo: Image.Image, encode: Encode, seen: Seen
) -> None:
    body = encode(photo, "JPEG")
    for marker in (0xE2, 0xED, 0xE1):
        assert seen(body[:2] + segment(marker, fault) + body[2:]).width == 550


def test_cmyk_is_inverted_only_where_adobe_says_so(
    photo: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    adobe = encode(photo.convert("CMYK"), "JPEG", quality=95)
    assert difference(seen(adobe), photo) < 4
    inverted = Image.eval(photo.convert("CMYK"), lambda value: 255 - value)
    plain = without(encode(inverted, "JPEG", quality=95), 0xEE)
    assert difference(seen(plain), photo) < 4


@pytest.mark.parametrize(
    "junk", [b"\n", b"\xef\xbb\xbf", b"\0" * 100, b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", b"-" * 1000]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_image_with_something_in_front_is_answered(
    kind: str, junk: bytes, photo: Image.Image, encode: Encode, seen: Seen
) -> None:
    body = encode(photo, kind)
    assert (seen(junk + body).pixels == seen(body).pixels).all()


def test_document_that_holds_an_image_is_not_taken_for_it(photo: Image.Image, encode: Encode) -> None:
    for document in (b"%PDF-1.7\n", b"ID3\x04", b"{\\rtf1 ", b"\x1f\x8b\x08"):
        with pytest.raises(ImageRejectedError):
            check_header(document + b" " * 2000 + encode(photo, "JPEG"), max_pixels=10**6)
    with pytest.raises(ImageRejectedError, match="a PDF document"):
        check_header(b"%PDF-1.7\n" + encode(photo, "JPEG"), max_pixels=10**6)
