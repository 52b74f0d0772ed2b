import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from meadow.schemas.explanations import ExplanationMap
from meadow_worker.explaining.overlay import LEAST_WIDTH, LEGEND_HEIGHT, PICTURE_SIDE, draw_overlay


def picture(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (40, 160, 60)).save(file, "JPEG")
    return file.getvalue()


def explained(width: int, height: int, drops: list[list[float]]) -> ExplanationMap:
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return ExplanationMap(label="x", width=width, height=height, box=(left, top, left + side, top + side), drops=drops)


def drawn(width: int, height: int, drops: list[list[float]]) -> NDArray[np.uint8]:
    png = draw_overlay(picture(width, height), explained(width, height, drops), max_pixels=50_000_000)
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((800, 400), (PICTURE_SIDE, 240)),
        ((300, 600), (LEAST_WIDTH, PICTURE_SIDE)),
        ((20, 20), (PICTURE_SIDE, PICTURE_SIDE)),
        ((1, 3000), (LEAST_WIDTH, PICTURE_SIDE)),
        ((3000, 1), (PICTURE_SIDE, 1)),
    ],
)
def test_the_image_keeps_its_shape(size: tuple[int, int], expected: tuple[int, int]) -> None:
    pixels = drawn(*size, [[0.0, 1.0], [0.0, 0.0]])
    assert pixels.shape == (expected[1] + LEGEND_HEIGHT, expected[0], 3)
    assert max(pixels.shape) <= 512


def test_the_brightest_part_is_where_the_answer_rests() -> None:
    pixels = drawn(400, 200, [[0.0, 0.0], [4.0, -4.0]]).astype(int).sum(axis=2)
    height, width = 240, 480
    quarters = {
        (row, column): pixels[row * 120 + 30 : row * 120 + 90, 120 + column * 120 + 30 : 240 + column * 120 - 30].mean()
        for row in (0, 1)
        for column in (0, 1)
    }
    assert max(quarters, key=lambda place: quarters[place]) == (1, 0)
    outside = pixels[:height, np.r_[0:110, width - 110 : width]]
    assert outside.max() < min(quarters.values()), "what the model does not see is darker than anything it sees"


def test_an_answer_that_nothing_changes_does_not_look_explained() -> None:
    flat, little = drawn(200, 200, [[0.0, 0.0], [0.0, 0.0]]), drawn(200, 200, [[0.0, 0.0], [0.02, 0.0]])
    assert np.abs(flat[:PICTURE_SIDE].astype(int) - little[:PICTURE_SIDE]).max() < 20
