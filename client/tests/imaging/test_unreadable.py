import io
import zipfile
from collections.abc import Callable

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from meadow_core.bundle.decode import ImageRejectedError, check_header

Encode = Callable[..., bytes]


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.txt", "a")
    return target.getvalue()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<!DOCTYPE html><html><body>404</body></html>", "an HTML page"),
        (b"\n\n  <HTML lang=en>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML document"),
        (b'{"error": "not found"}', "a JSON document"),
        (b"%PDF-1.7 and so on", "a PDF document"),
        (zipped(), "a zip archive"),
        (bytes(20_000), "nothing but zeros"),
        (b"Not Found", "text"),
        ("<html>".encode("utf-16"), "an HTML page"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "an AVI video"),
        (b"\x1aE\xdf\xa3\x01", "a Matroska or WebM video"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0", "a camera's raw file"),
        (b"8BPS\0\x01", "a Photoshop document"),
        (b"P6\n3 3\n255\n", "a Netpbm image"),
        (bytes(128) + b"DICM\x02", "a DICOM image"),
        (b"\0\x05\x16\x07\0\x02", "a macOS companion file"),
        (b"\xff\x0a\xfa", "a JPEG XL image"),
        (bytes(imagecodecs.jpeg_encode(np.zeros((20, 20), np.uint16), bitspersample=12)), "a JPEG of 12 bits a sample"),
        (bytes(imagecodecs.jpegls_encode(np.zeros((20, 20), np.uint8))), "a JPEG-LS image"),
    ],
)
def test_refusal_says_what_the_bytes_are_and_what_is_read(body: bytes, what: str) -> None:
    with pytest.raises(ImageRejectedError, match=f"seem to be {what}") as caught:
        check_header(body, max_pixels=100)
    assert caught.value.code == "unsupported-type"
    assert "JPEG, PNG, WEBP, HEIF, AVIF" in caught.value.detail


def test_jpeg_2000_is_named_with_what_to_do(photo: Image.Image, encode: Encode) -> None:
    for options in ({}, {"no_jp2": True}):
        with pytest.raises(ImageRejectedError, match=r"a JPEG 2000 image\. Convert it to JPEG or PNG"):
            check_header(encode(photo, "JPEG2000", **options), max_pixels=10**6)


def test_bytes_that_tell_nothing_are_no_image() -> None:
    with pytest.raises(ImageRejectedError, match="not an image of a type that is read"):
        check_header(b"\x01\x02\x03\x84\x05", max_pixels=100)
