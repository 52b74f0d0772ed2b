import struct
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from meadow.client.folder.shrink import ShrinkError, shrink
from meadow.imaging.opened import SCALED_FACTOR, scaled_limit
from meadow.imaging.small import small_picture
from meadow_core.bundle.decode import ImageRejectedError, check_header
from meadow_core.bundle.region import DecodedImage, read_region, whole_frame

Encode = Callable[..., bytes]
Seen = Callable[..., DecodedImage]
LIMIT = 1_000_000
PEAK = """
import resource, sys
from pathlib import Path
from meadow_core.bundle.region import read_region, whole_frame

body = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert read_region(body, 224, whole_frame, max_pixels=64_000_000).width == 16_320
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def huge_webp() -> bytes:
    side = (60_000 - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<L", 10) + b"\x02\0\0\0" + side + side
    return b"RIFF" + struct.pack("<L", 4 + len(chunk)) + b"WEBP" + chunk


def detail(body: bytes, decode: Callable[[bytes], object]) -> str:
    with pytest.raises(ImageRejectedError) as caught:
        decode(body)
    assert caught.value.code == "too-many-pixels"
    return caught.value.detail


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "JPEG"])
def test_image_above_the_limit_is_refused_by_every_decoder(kind: str, encode: Encode) -> None:
    image = Image.new("L" if kind in {"GIF", "JPEG"} else "RGB", (1100, 1000))
    body = encode(image, kind, **({"progressive": True} if kind == "JPEG" else {}))
    for decode in (
        lambda body: check_header(body, max_pixels=LIMIT),
        lambda body: read_region(body, 8, whole_frame, max_pixels=LIMIT),
        lambda body: small_picture(body, 8, max_pixels=LIMIT),
    ):
        assert "1100 x 1000 pixels; at most 1,000,000 are accepted" in detail(body, decode)


def test_sequential_jpeg_may_have_several_times_the_pixels(encode: Encode) -> None:
    large, larger = (encode(Image.new("L", (width, 1000)), "JPEG") for width in (4000, 4001))
    assert scaled_limit(LIMIT) == SCALED_FACTOR * LIMIT == 4_000_000
    assert check_header(large, max_pixels=LIMIT).width == 4000
    assert read_region(large, 64, whole_frame, max_pixels=LIMIT).width == 4000
    assert "at most 4,000,000 are accepted" in detail(larger, lambda body: check_header(body, max_pixels=LIMIT))
    assert len(shrink(large, 64, max_pixels=LIMIT)) < len(large)
    with pytest.raises(ShrinkError, match="at most 4,000,000"):
        shrink(larger, 64, max_pixels=LIMIT)


def test_progressive_jpeg_is_told_that_another_could_be_larger(encode: Encode) -> None:
    body = encode(Image.new("L", (1100, 1000)), "JPEG", progressive=True)
    told = detail(body, lambda body: check_header(body, max_pixels=LIMIT))
    assert "4,000,000 of a JPEG that is not progressive" in told


def test_jpeg_that_stays_too_large_at_its_scale_is_refused(encode: Encode) -> None:
    body = encode(Image.new("L", (4000, 1000)), "JPEG")
    assert "at most" in detail(body, lambda body: read_region(body, 600, whole_frame, max_pixels=LIMIT))


def test_no_limit_of_pillows_shows(encode: Encode) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for side in (9_600, 14_000):
            body = encode(Image.new("1", (side, side)), "PNG")
            assert "at most 64,000,000" in detail(body, lambda body: check_header(body, max_pixels=64_000_000))
            assert "at most 64,000,000" in detail(body, lambda body: small_picture(body, 8, max_pixels=64_000_000))


def test_memory_for_a_webp_is_not_taken_before_its_size_is_known() -> None:
    assert "60000 x 60000" in detail(huge_webp(), lambda body: check_header(body, max_pixels=64_000_000))


@pytest.mark.slow
def test_photograph_of_200_megapixels_takes_little_memory(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.new("RGB", (16_320, 12_240), "green").save(tmp_path / "a.jpg")
    command = [sys.executable, "-c", PEAK, str(tmp_path / "a.jpg")]
    megabytes = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own
    assert megabytes < 64
