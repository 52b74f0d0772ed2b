"""Photograph-like images stay within the limit; the synthetic out-of-distribution set mostly does not."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.calibration.pixel_outliers import fit_pixel_outliers
from meadow_trainer.evaluation.roc_pr import auroc
from meadow_trainer.evaluation.synthetic_ood import render_synthetic_ood

SIZE = 64


def scenes(count: int, *, seed: int) -> NDArray[np.uint8]:
    """Make patches of colour with light that changes smoothly and some grain, as photographs have."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        pixels = rng.normal(0, 6, (SIZE, SIZE, 3)) + rng.uniform(70, 170, 3)
        for cells in (3, 6, 12, 24):
            small = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
            large = Image.fromarray(small).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
            pixels += (np.asarray(large, dtype=float) - 128) * 0.3
        made.append(np.clip(pixels, 0, 255).astype(np.uint8))
    return np.stack(made)


def test_in_distribution_images_score_below_limit_and_synthetic_ood_above() -> None:
    model = fit_pixel_outliers(scenes(200, seed=1))
    assert model is not None
    known = model.scores(scenes(200, seed=2))
    assert (known > 1).mean() < 0.05
    for kind, pixels in render_synthetic_ood(Preprocessing(size=SIZE), per_kind=12).items():
        assert auroc(known, model.scores(pixels)) > 0.9, kind


def test_fewer_than_forty_images_give_no_detector() -> None:
    assert fit_pixel_outliers(scenes(39, seed=1)) is None


def test_identical_images_give_finite_scores() -> None:
    model = fit_pixel_outliers(np.full((50, SIZE, SIZE, 3), 90, dtype=np.uint8))
    assert model is not None
    assert np.isfinite(model.scores(scenes(2, seed=1))).all()


def test_synthetic_ood_set_is_the_same_on_every_call() -> None:
    first, second = (render_synthetic_ood(Preprocessing(size=SIZE), per_kind=3) for _ in range(2))
    assert list(first) == ["noise", "document", "face", "plain", "stripes"]
    for kind, pixels in first.items():
        assert pixels.shape == (3, SIZE, SIZE, 3)
        np.testing.assert_array_equal(pixels, second[kind])
