import io
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from meadow.schemas.rejection import Reason
from meadow_core.datasets.demo import render_demo_dataset
from meadow_core.datasets.ingest.look import EMPTY_SPREAD, NEAR_BITS, NEAR_CORRELATION, look_at, small_grey
from meadow_core.datasets.sources.model import UnfitError

PIXELS = 10_000_000


def encode(image: Image.Image, kind: str = "JPEG", **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("pictures")
    render_demo_dataset(folder, per_class=15)
    return [path.read_bytes() for path in sorted(folder.rglob("*.jpg"))]


def distance(one: bytes, other: bytes) -> int:
    first, second = (np.frombuffer(look_at(body, max_pixels=PIXELS).bits, np.uint8) for body in (one, other))
    return int(np.bitwise_count(first ^ second).sum())


def correlation(one: bytes, other: bytes) -> float:
    return float(small_grey(one, max_pixels=PIXELS) @ small_grey(other, max_pixels=PIXELS))


@pytest.mark.parametrize(
    "change",
    [
        lambda image: encode(image, quality=50),
        lambda image: encode(image, "PNG"),
        lambda image: encode(image, "WEBP", quality=80),
        lambda image: encode(image.resize((image.width * 2, image.height * 2))),
        lambda image: encode(ImageEnhance.Contrast(image).enhance(0.8)),
    ],
    ids=["quality", "png", "webp", "larger", "contrast"],
)
def test_copies_look_alike(pictures: list[bytes], change: Callable[[Image.Image], bytes]) -> None:
    copies = [change(Image.open(io.BytesIO(body))) for body in pictures]
    near = [distance(body, copy) <= NEAR_BITS for body, copy in zip(pictures, copies, strict=True)]
    assert sum(near) >= 0.9 * len(near)
    assert all(correlation(*pair) >= NEAR_CORRELATION for pair in zip(pictures, copies, strict=True))


def test_different_pictures_do_not(pictures: list[bytes]) -> None:
    assert min(distance(*pair) for pair in combinations(pictures, 2)) > NEAR_BITS


def test_spread_tells_an_empty_image_from_a_flat_one(pictures: list[bytes]) -> None:
    assert min(look_at(body, max_pixels=PIXELS).spread for body in pictures) > 2 * EMPTY_SPREAD
    for colour in ("black", "white", "olive"):
        assert look_at(encode(Image.new("RGB", (90, 60), colour)), max_pixels=PIXELS).spread < EMPTY_SPREAD
    noise = np.random.default_rng(0).integers(0, 12, (400, 600, 3), dtype=np.uint8)
    assert look_at(encode(Image.fromarray(noise)), max_pixels=PIXELS).spread < EMPTY_SPREAD


def test_the_area_is_that_of_the_whole_image() -> None:
    assert look_at(encode(Image.new("RGB", (640, 480))), max_pixels=PIXELS).area == 640 * 480


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", Reason.WRONG_TYPE),
        (b"", Reason.UNDECODABLE),
        (encode(Image.effect_noise((64, 64), 50), "PNG")[:2000], Reason.UNDECODABLE),
        (encode(Image.new("1", (9000, 9000)), "PNG"), Reason.TOO_MANY_PIXELS),
    ],
)
def test_what_is_no_image_says_why(body: bytes, reason: Reason) -> None:
    with pytest.raises(UnfitError) as caught:
        look_at(body, max_pixels=PIXELS)
    assert caught.value.reason is reason


def test_a_flat_image_correlates_with_nothing() -> None:
    flat = encode(Image.new("RGB", (60, 60), "red"), "PNG")
    assert correlation(flat, flat) == 0
