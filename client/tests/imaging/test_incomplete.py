import io
from collections.abc import Callable

import numpy as np
import pytest
import tifffile
from PIL import Image

from meadow.client.folder.shrink import shrink
from meadow.imaging.small import small_picture
from meadow_core.bundle.decode import ImageRejectedError
from meadow_core.bundle.region import DecodedImage

Encode = Callable[..., bytes]
Seen = Callable[..., DecodedImage]
Difference = Callable[[DecodedImage, Image.Image], float]

KINDS = {
    "JPEG": {},
    "JPEG fine": {"subsampling": 0, "quality": 95},
    "JPEG restart": {"restart_marker_rows": 1},
    "PNG": {},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
}


@pytest.fixture(scope="module")
def noisy() -> Image.Image:
    """A picture of which every row takes about the same bytes."""
    noise = np.random.default_rng(0).integers(0, 60, (400, 300, 3))
    rows = np.linspace(0, 190, 400)[:, None, None]
    return Image.fromarray((noise + rows).astype(np.uint8))


def encoded(image: Image.Image, kind: str, encode: Encode) -> bytes:
    form = kind.partition(" ")[0]
    return encode(image.convert("L") if form == "GIF" else image, form, **KINDS[kind])


def refusal(body: bytes, seen: Seen) -> str:
    with pytest.raises(ImageRejectedError) as caught:
        seen(body)
    assert caught.value.code == "image-undecodable"
    return caught.value.detail


@pytest.mark.parametrize("kind", KINDS)
def test_file_that_lacks_its_last_bytes_is_answered(
    kind: str, noisy: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    body = encoded(noisy, kind, encode)
    meant = noisy.convert("L") if kind == "GIF" else noisy
    for missing in (1, 2, 3, 100, len(body) // 12):
        assert difference(seen(body[:-missing]), meant) < 12


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_file_is_damaged_and_says_how_much_is_missing(
    kind: str, noisy: Image.Image, encode: Encode, seen: Seen
) -> None:
    body = encoded(noisy, kind, encode)
    told = refusal(body[: len(body) // 2], seen)
    share = int(told.partition(" % of the image's rows are missing")[0].rpartition(" ")[2])
    assert 40 <= share <= 60


def test_missing_rows_are_grey(noisy: Image.Image, encode: Encode, seen: Seen) -> None:
    for kind in ("JPEG", "PNG", "TIFF"):
        body = encoded(noisy, kind, encode)
        bottom = seen(body[: -len(body) // 10]).pixels[-2:]
        assert np.abs(bottom.astype(int) - 128).max() < 10


def test_small_jpeg_that_lacks_only_its_end_mark_is_whole(encode: Encode, seen: Seen) -> None:
    """Its rows all belong to the block that the decoder does not give out without the mark."""
    body = encode(Image.new("RGB", (16, 16), "red"), "JPEG")
    assert (seen(body[:-2]).pixels == seen(body).pixels).all()
    assert (seen(body[:-1]).pixels == seen(body).pixels).all()


def test_progressive_jpeg_needs_the_beginning_of_its_last_scans(
    noisy: Image.Image, encode: Encode, seen: Seen, difference: Difference
) -> None:
    body = encode(noisy, "JPEG", progressive=True)
    assert difference(seen(body[:-2]), noisy) < 4
    assert difference(seen(body[:-100]), noisy) < 4
    assert "last passes over the image are missing" in refusal(body[: body.rindex(b"\xff\xda") - 10], seen)
    assert "The file ends early" in refusal(body[: len(body) // 2], seen)


@pytest.mark.parametrize("kind", ["WEBP", "HEIF", "AVIF"])
def test_formats_that_are_decoded_whole_need_the_whole_file(
    kind: str, noisy: Image.Image, encode: Encode, seen: Seen
) -> None:
    body = encode(noisy, kind)
    assert "damaged" in refusal(body[: len(body) // 2], seen)


def test_interlaced_or_tiled_rows_are_not_guessed(noisy: Image.Image, seen: Seen) -> None:
    target = io.BytesIO()
    tifffile.imwrite(target, np.asarray(noisy), photometric="rgb", tile=(64, 64))
    assert "pixels are damaged" in refusal(target.getvalue()[:-10_000], seen)


def test_client_and_pages_take_an_incomplete_photograph_alike(noisy: Image.Image, encode: Encode) -> None:
    body = encode(noisy, "JPEG")[:-100]
    assert small_picture(body, 40, max_pixels=10**6).size == (30, 40)
    assert len(shrink(body, 100)) < len(body)
