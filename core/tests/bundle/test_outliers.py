"""Statistics that can be worked out by hand, and a score that is a distance."""

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow_core.bundle.outliers import PixelOutliers, pixel_statistics

COUNT = 13


def uniform(colour: tuple[int, int, int], size: int = 64) -> NDArray[np.uint8]:
    return np.broadcast_to(np.array(colour, dtype=np.uint8), (1, size, size, 3))


def test_one_colour_is_flat_and_without_variety() -> None:
    [statistics] = pixel_statistics(uniform((100, 100, 100)))
    assert statistics == pytest.approx([100 / 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])


def test_noise_changes_as_much_between_neighbours_as_farther_apart() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    [statistics] = pixel_statistics(noise)
    assert statistics[8:10] == pytest.approx(0, abs=0.05)
    assert statistics[12] > 0.5, "its colour changes more than its light"
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None, None], (1, 64, 64, 3))
    [statistics] = pixel_statistics(ramp)
    assert np.expm1(statistics[6:8]) == pytest.approx([0, 1])
    assert np.exp(statistics[8:10]) == pytest.approx([1, 5 / 2])


def test_images_are_described_one_by_one() -> None:
    several = np.random.default_rng(1).integers(0, 256, (5, 40, 40, 3), dtype=np.uint8)
    together = pixel_statistics(several)
    assert together.shape == (5, COUNT)
    np.testing.assert_allclose(together[3], pixel_statistics(several[3:4])[0])


@pytest.mark.parametrize("size", [32, 112, 224, 500])
def test_any_size_is_described(size: int) -> None:
    [statistics] = pixel_statistics(uniform((255, 255, 255), size))
    assert np.isfinite(statistics).all()
    assert statistics[0] == 1


def test_the_score_is_the_distance_in_units_of_the_limit() -> None:
    mean = tuple(pixel_statistics(uniform((100, 100, 100)))[0])
    model = PixelOutliers(mean=mean, whitening=tuple(map(tuple, np.eye(COUNT))), limit=0.2)
    assert model.scores(uniform((100, 100, 100))) == pytest.approx([0])
    assert model.scores(uniform((151, 151, 151))) == pytest.approx([1])


def test_it_comes_back_from_the_manifest_as_it_was() -> None:
    model = PixelOutliers(mean=(0.1,) * COUNT, whitening=tuple(map(tuple, np.eye(COUNT) / 3)), limit=2.5)
    assert PixelOutliers.model_validate_json(model.model_dump_json()) == model
