"""The map shows where the evidence is: of networks that were trained on something whose place is known."""

import io
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image

from meadow.schemas.explanations import ExplanationMap
from meadow_worker.explaining.explainer import explain_image
from meadow_worker.explaining.occlusion import CELLS
from meadow_worker.served_model import ServedModel

FlowerModel = Callable[..., ServedModel]
Flower: TypeAlias = tuple[bytes, NDArray[np.bool_]]
OTHERS = [("torch", "auto", 0.02)]
"""Engine, precision, and by how much its map may differ."""
if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
    OTHERS.append(("openvino", "bfloat16", 0.1))
PLACES = ((0.35, 0.35), (0.65, 0.3), (0.5, 0.5), (0.35, 0.7), (0.62, 0.66))


def support(explained: ExplanationMap) -> NDArray[np.float64]:
    """Give what speaks for the answer."""
    return np.asarray(np.clip(np.array(explained.drops), 0, None))


def on(mask: NDArray[np.bool_], explained: ExplanationMap) -> NDArray[np.float64]:
    """Give the share of each cell that the mask covers."""
    left, top, right, bottom = explained.box
    cells = Image.fromarray(mask.astype(np.float32)).resize((CELLS, CELLS), Image.Resampling.BOX, explained.box)
    assert right - left == pytest.approx(bottom - top)
    return np.asarray(cells, dtype=np.float64)


def centre(explained: ExplanationMap) -> tuple[float, float]:
    """Give the weighted middle of what speaks for the answer, in the image's pixels."""
    weight = support(explained) ** 2
    weight /= weight.sum()
    left, top, right, bottom = explained.box
    middles = (np.arange(CELLS) + 0.5) / CELLS
    return left + (right - left) * float(weight.sum(0) @ middles), top + (bottom - top) * float(weight.sum(1) @ middles)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", [(160, 120), (120, 160)])
def test_the_evidence_is_found(
    flower_model: FlowerModel, flower: Callable[..., Flower], place: tuple[float, float], size: tuple[int, int]
) -> None:
    model = flower_model()
    # Within the square that the model sees.
    x, y = (side / 2 + (at - 0.5) * 108 * 0.9 for side, at in zip(size, place, strict=True))
    body, mask = flower(size, (x, y))
    label = model.classify(body).label
    assert label == "flower"
    explained = explain_image(model, body, label)
    assert (explained.width, explained.height) == size
    cells, covered = support(explained), on(mask, explained)
    share = float((cells * (covered > 0)).sum() / cells.sum())
    assert share > 2.5 * (covered > 0).mean(), "far more of the map lies on the flower than its area would explain"
    assert covered[np.unravel_index(cells.argmax(), cells.shape)] > 0, "and the strongest cell is on it"
    assert np.hypot(centre(explained)[0] - x, centre(explained)[1] - y) < 108 * 0.15


@pytest.mark.parametrize("crop_fraction", [1.0, 0.6])
def test_cells_are_told_in_the_images_own_pixels(
    flower_model: FlowerModel, flower: Callable[..., Flower], crop_fraction: float
) -> None:
    body, _ = flower((200, 100), (110, 40))
    explained = explain_image(flower_model(crop_fraction=crop_fraction), body, "flower")
    side = 100 * crop_fraction
    assert explained.box == pytest.approx((100 - side / 2, 50 - side / 2, 100 + side / 2, 50 + side / 2))
    assert centre(explained) == pytest.approx((110, 40), abs=12)


def test_a_photo_that_lies_on_its_side_is_explained_upright(
    flower_model: FlowerModel, flower: Callable[..., Flower]
) -> None:
    body, _ = flower((160, 120), (100, 40))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned clockwise by a quarter
    file = io.BytesIO()
    Image.open(io.BytesIO(body)).save(file, "PNG", exif=exif)
    explained = explain_image(flower_model(), file.getvalue(), "flower")
    assert (explained.width, explained.height) == (120, 160)
    assert centre(explained) == pytest.approx((120 - 40, 100), abs=14)


def test_what_speaks_for_one_class_speaks_against_the_other(
    flower_model: FlowerModel, flower: Callable[..., Flower]
) -> None:
    body, _ = flower((120, 120), (60, 60))
    model = flower_model()
    of_flower, of_grass = (np.array(explain_image(model, body, label).drops) for label in model.manifest.classes)
    np.testing.assert_allclose(of_flower, -of_grass, atol=2e-3)


@pytest.mark.parametrize(("engine", "precision", "tolerance"), OTHERS)
def test_engines_give_the_same_map(
    flower_model: FlowerModel, flower: Callable[..., Flower], engine: str, precision: str, tolerance: float
) -> None:
    """The tolerance is a share of the strongest drop."""
    body, _ = flower((160, 120), (90, 50))
    exact = np.array(explain_image(flower_model(), body, "flower").drops)
    drops = np.array(explain_image(flower_model(engine, precision), body, "flower").drops)
    np.testing.assert_allclose(drops, exact, atol=tolerance * exact.max())
