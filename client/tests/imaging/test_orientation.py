import struct
from collections.abc import Callable

import pytest
from PIL import Image

from meadow.client.folder.shrink import shrink
from meadow.imaging.orientation import orientation_in, orientation_of
from meadow.imaging.small import small_picture
from meadow_core.bundle.region import DecodedImage

Encode = Callable[..., bytes]
Seen = Callable[..., DecodedImage]
Difference = Callable[[DecodedImage, Image.Image], float]

TAG = 0x0112
XMP = b'<rdf:Description xmlns:tiff="x" tiff:Orientation="6"/>'
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What a camera held in each way stores of the same scene."""


def exif(*entries: tuple[int, int, int, bytes], order: str = "<") -> bytes:
    """Write a directory; an entry is a tag, a type, a count, and what stands in the field for the value."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", 8)
    fields = [struct.pack(f"{order}HHL", *entry[:3]) + entry[3].ljust(4, b"\0") for entry in entries]
    return head + struct.pack(f"{order}H", len(entries)) + b"".join(fields) + bytes(4)


SIDEWAYS = (TAG, 3, 1, b"\x06\0")


@pytest.mark.parametrize(
    ("written", "orientation"),
    [
        (exif(SIDEWAYS), 6),
        (exif((TAG, 3, 1, b"\0\x06"), order=">"), 6),
        (exif((TAG, 4, 1, b"\x06\0\0\0")), 6),
        (exif((TAG, 1, 1, b"\x06")), 6),
        (exif((TAG, 3, 2, b"\x06\0\x06\0")), 6),
        (exif((TAG, 2, 2, b"6\0")), 6),
        (exif((TAG, 2, 2, b"x\0")), 1),
        (exif((TAG, 5, 1, b"\xff\xff\xff\xff")), 1),
        (exif((TAG, 3, 1, b"\0\0")), 1),
        (exif((TAG, 3, 1, b"\x09\0")), 1),
        (exif((TAG, 99, 1, b"\x06\0")), 1),
        (exif((0x011A, 10, 1, b"\xff\xff\xff\xff"), SIDEWAYS), 6),
        (exif(SIDEWAYS, (0x8769, 4, 1, b"\x08\0\0\0"), (0x8825, 4, 1, b"\xff\xff\xff\x7f")), 6),
        (exif(SIDEWAYS)[:-1], 6),
        (exif(SIDEWAYS)[:15], 1),
        (b"Exif\0\0" * 2 + exif(SIDEWAYS), 6),
        (b"II*\0\xff\xff\xff\xff", 1),
        (b"II*\0\x08\0\0\0\xff\xff", 1),
        (b"II+\0\x08\0\0\0" + b"\xff" * 8, 1),
        (b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + b"\xff" * 40, 1),
        (b"", 1),
        (b"XX*\0", 1),
    ],
)
def test_orientation_is_read_from_faulty_exif_or_counts_as_upright(written: bytes, orientation: int) -> None:
    assert orientation_of([written]) == orientation


def test_second_exif_and_then_xmp_tell_what_the_first_does_not() -> None:
    assert orientation_of([exif(), exif((TAG, 3, 1, b"\x03\0"))], XMP) == 3
    assert orientation_of([exif()], XMP) == 6
    assert orientation_of([], b"<tiff:Orientation>8</tiff:Orientation>") == 8
    assert orientation_of([], b'tiff:Orientation="99999999"') == 1


def test_orientation_in_hexadecimal_text_of_imagemagick_counts() -> None:
    digits = (b"Exif\0\0" + exif(SIDEWAYS)).hex()
    assert orientation_in({"Raw profile type exif": f"\nexif\n      40\n{digits}\n"}) == 6
    assert orientation_in({"Raw profile type exif": "\nexif\n 40\nno digits"}) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_image_of_every_format_and_orientation_is_turned_once(
    orientation: int, kind: str, photo: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    stored = photo.transpose(STORED[orientation]) if orientation in STORED else photo
    tags = exif((TAG, 3, 1, bytes([orientation, 0])))
    body = encode(
        stored,
        kind,
        exif=tags if kind in {"TIFF", "HEIF"} else b"Exif\0\0" + tags,
        **({"speed": 10} if kind == "AVIF" else {}),
    )
    decoded = seen(body)
    assert (decoded.width, decoded.height) == photo.size
    assert difference(decoded, photo) < 4
    assert small_picture(body, 55, max_pixels=10**6).size == (55, 37)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("broken", [b"", b"XX", exif(SIDEWAYS)[:12], exif((0x011A, 10, 1, b"\xff\xff\xff\xff"))])
def test_damaged_exif_never_costs_the_image(
    broken: bytes, kind: str, photo: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    if kind == "AVIF":  # Pillow would not write it
        body = encode(photo, kind, exif=exif((0x010F, 2, 4, b"abc\0"))).replace(b"II*\0", b"XX*\0")
        assert b"XX*\0" in body
    else:
        body = encode(photo, kind, exif=b"Exif\0\0" + broken)
    decoded = seen(body)
    assert (decoded.width, decoded.height) == photo.size
    assert difference(decoded, photo) < 4
    assert small_picture(body, 50, max_pixels=10**6).size == (50, 33)


def test_faults_of_the_tags_of_a_tiff_never_cost_the_image(
    photo: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    tags = Image.Exif()
    tags[TAG], tags[0x011A], tags[0x010F] = 6, 72.0, "a maker"
    body = bytearray(encode(photo.transpose(STORED[6]), "TIFF", exif=tags, dpi=(72, 72)))
    for tag, changed, kind in ((0x010F, 0x8769, 4), (0x011A, 0x011A, 10)):
        place = body.index(struct.pack("<H", tag), 8)
        body[place : place + 12] = struct.pack("<HHLL", changed, kind, 1, 0x7FFFFFFF)
    decoded = seen(bytes(body))
    assert (decoded.width, decoded.height) == photo.size
    assert difference(decoded, photo) < 2


def test_client_and_server_turn_a_photograph_alike(photo: Image.Image, encode: Encode, seen: Seen) -> None:
    for written in (exif((TAG, 3, 2, b"\x06\0\x06\0")), exif((TAG, 2, 2, b"6\0")), exif((TAG, 3, 1, b"\x09\0")), b""):
        body = encode(photo, "JPEG", exif=b"Exif\0\0" + written)
        small, whole = seen(shrink(body, 100)), seen(body)
        assert (small.width < small.height) == (whole.width < whole.height)


def test_heif_is_turned_by_its_boxes_and_not_again_by_exif(photo: Image.Image, encode: Encode, seen: Seen) -> None:
    upright = encode(photo, "HEIF", exif=b"Exif\0\0" + exif((TAG, 3, 1, b"\x01\0")))
    contradicting = upright.replace(exif((TAG, 3, 1, b"\x01\0")), exif(SIDEWAYS))
    assert contradicting != upright
    assert (seen(contradicting).width, seen(contradicting).height) == photo.size
