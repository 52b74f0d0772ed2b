import base64
import io

import pillow_heif
import pytest
from PIL import Image

from meadow_ui.pictures.thumbnail import SIDE, thumbnail

CUT_EXIF = b"Exif\0\0II*\0"


def encoded(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def opened(uri: str) -> Image.Image:
    head, _, data = uri.partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_photograph_is_made_small_and_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.new("RGB", (3000, 2000)), exif=exif)
    with opened(thumbnail(data, max_pixels=10_000_000)) as small:
        assert small.height == SIDE
        assert small.width < SIDE


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_pixel_is_drawn(mode: str) -> None:
    data = encoded(Image.new(mode, (20, 10)), "TIFF")
    with opened(thumbnail(data, max_pixels=1000)) as small:
        assert small.size == (20, 10)


def test_transparency_is_kept() -> None:
    with opened(thumbnail(encoded(Image.new("RGBA", (4, 4)), "PNG"), max_pixels=1000)) as small:
        assert small.mode == "RGBA"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_damaged_exif_data_costs_nothing(form: str) -> None:
    with opened(thumbnail(encoded(Image.new("RGB", (20, 10)), form, exif=CUT_EXIF), max_pixels=1000)) as small:
        assert small.size == (20, 10)


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_photograph_of_a_phone_is_drawn(form: str) -> None:
    pillow_heif.register_heif_opener()
    with opened(thumbnail(encoded(Image.new("RGB", (200, 100)), form), max_pixels=10**6)) as small:
        assert small.size == (200, 100)


def test_only_what_is_accepted_is_drawn() -> None:
    assert thumbnail(encoded(Image.new("RGB", (20, 10)), "PPM"), max_pixels=1000) == ""


def test_what_cannot_or_should_not_be_drawn_is_left_out() -> None:
    noisy = Image.effect_noise((100, 100), 50)
    assert thumbnail(b"no image", max_pixels=10**6) == ""
    assert thumbnail(encoded(noisy)[:900], max_pixels=10**6) == ""
    assert thumbnail(encoded(noisy), max_pixels=9_999) == ""
