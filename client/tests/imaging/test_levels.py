import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from meadow_core.bundle.region import DecodedImage

Encode = Callable[..., bytes]
Seen = Callable[..., DecodedImage]
SHARES = np.tile(np.linspace(0, 1, 64), (64, 1))
"""From black to white, one step a column."""


def tiff(values: NDArray[Any], photometric: str = "minisblack", **options: Any) -> bytes:  # noqa: ANN401 - tifffile's
    target = io.BytesIO()
    tifffile.imwrite(target, values, photometric=photometric, **options)
    return target.getvalue()


def row(decoded: DecodedImage) -> list[int]:
    assert (decoded.pixels[..., 0] == decoded.pixels[..., 2]).all()
    return [int(value) for value in decoded.pixels[32, :, 0]]


RAMP = [round(share * 255) for share in SHARES[0]]


@pytest.mark.parametrize("top", [255, 1023, 4095, 16_383, 65_535])
@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.uint32, np.float32, np.float64])
def test_depth_that_is_used_reaches_from_black_to_white(kind: type, top: int, seen: Seen) -> None:
    values: NDArray[Any] = (SHARES * top).astype(kind)
    for order in "<>":
        for compression in (None, "zlib"):
            shown = row(seen(tiff(values, byteorder=order, compression=compression)))
            assert np.abs(np.subtract(shown, RAMP)).max() <= 1


@pytest.mark.parametrize("top", [255, 1023, 4095, 65_535])
def test_png_of_sixteen_bits_is_seen_by_its_depth(top: int, encode: Encode, seen: Seen) -> None:
    body = encode(Image.fromarray((SHARES * top).astype(np.uint16)), "PNG")
    assert np.abs(np.subtract(row(seen(body)), RAMP)).max() <= 1


def test_values_below_the_top_keep_their_distance_from_white(seen: Seen) -> None:
    dark = (SHARES * 2048).astype(np.uint16)
    assert max(row(seen(tiff(dark)))) == round(2048 / 4095 * 255)


def test_shares_and_their_overshoot_fill_the_range(seen: Seen) -> None:
    assert np.abs(np.subtract(row(seen(tiff(SHARES.astype(np.float32)))), RAMP)).max() <= 1
    assert np.abs(np.subtract(row(seen(tiff((SHARES * 1.1).astype(np.float32)))), RAMP)).max() <= 1
    assert max(row(seen(tiff((SHARES / 2).astype(np.float32))))) == 128


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32])
def test_negative_values_begin_with_black(kind: type, seen: Seen) -> None:
    values: NDArray[Any] = (SHARES * 4000 - 1000).astype(kind)
    assert np.abs(np.subtract(row(seen(tiff(values))), RAMP)).max() <= 1


def test_more_than_sixteen_bits_end_at_the_largest_value(seen: Seen) -> None:
    assert np.abs(np.subtract(row(seen(tiff((SHARES * 1_000_000).astype(np.int32)))), RAMP)).max() <= 1


def test_what_is_no_number_is_black_and_infinity_is_an_end(seen: Seen) -> None:
    values = SHARES.astype(np.float32)
    values[:, :16], values[:, 16:32], values[:, 32:48] = np.nan, np.inf, -np.inf
    shown = row(seen(tiff(values)))
    assert (set(shown[:16]), set(shown[16:32]), set(shown[32:48])) == ({0}, {255}, {0})
    assert shown[-1] == 255
    assert set(row(seen(tiff(np.full((64, 64), np.nan, np.float32))))) == {0}


@pytest.mark.parametrize(("value", "shown"), [(0.0, 0), (0.5, 128), (1.0, 255), (-3.0, 0), (100.0, 100), (4095.0, 255)])
def test_constant_image_is_seen_by_its_depth(value: float, shown: int, seen: Seen) -> None:
    assert set(row(seen(tiff(np.full((64, 64), value, np.float32))))) == {shown}


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_large_image_in_strips_is_seen_as_a_small_one(kind: type, seen: Seen) -> None:
    """The brightest value is in the last strip only."""
    small: NDArray[Any] = np.zeros((64, 64), kind)
    small[:, :] = (SHARES.T * 1000).astype(kind)
    small[-1] = 4000
    large = np.repeat(np.repeat(small, 32, axis=0), 32, axis=1)
    whole, in_strips = (seen(tiff(values)).pixels.astype(int)[2:60] for values in (small, large))
    assert np.abs(whole - in_strips).max() <= 2


def test_brighter_value_is_never_seen_darker(seen: Seen) -> None:
    values = np.sort(np.random.default_rng(0).integers(0, 70_000, (1, 64)).astype(np.int32)).repeat(64, axis=0)
    assert sorted(row(seen(tiff(values)))) == row(seen(tiff(values)))


def test_transparent_shade_is_white_and_does_not_count_as_the_brightest(encode: Encode, seen: Seen) -> None:
    values = (SHARES * 4095).astype(np.uint16)
    values[:, 0] = 65_535
    shown = row(seen(encode(Image.fromarray(values), "PNG", transparency=65_535)))
    assert shown[0] == 255
    assert np.abs(np.subtract(shown[1:], RAMP[1:])).max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_white_may_be_zero(kind: type, seen: Seen) -> None:
    values: NDArray[Any] = (SHARES * 255).astype(kind)
    assert np.abs(np.subtract(row(seen(tiff(values, "miniswhite"))), RAMP[::-1])).max() <= 1
