"""Linear heads on features whose best head is known."""

import numpy as np
import pytest

from meadow_trainer.evaluation.evaluate import Labels
from meadow_trainer.training.head import STRENGTHS, Features, HeadRecipe, choose_head, fit_head


def clusters(
    counts: tuple[int, ...], *, size: int = 40, distance: float = 3.0, seed: int = 0
) -> tuple[Features, Labels]:
    """Draw a cloud of points for each class, around points on different axes."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    features = rng.normal(size=(len(labels), size))
    features[np.arange(len(labels)), labels] += distance
    return (features * 2 + 5).astype(np.float32), labels


def _recipe(features: Features, *, strength: float = 1.0, balanced: bool = False) -> HeadRecipe:
    return HeadRecipe(strength, 0, balanced, *features.shape)


@pytest.mark.parametrize("size", [10, 200], ids=["more images than features", "fewer images than features"])
def test_head_is_the_optimum_of_the_regularised_loss(size: int) -> None:
    """At the optimum, the mean error of each class is zero and the gradient of the weights cancels the penalty's."""
    features, labels = clusters((30, 20, 10), size=size)
    strength = 0.3
    head = fit_head(features, labels, 3, _recipe(features, strength=strength))
    logits = head.logits(features).astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    errors = shares / shares.sum(axis=1, keepdims=True) - np.eye(3)[labels]
    np.testing.assert_allclose(errors.sum(axis=0), 0, atol=0.02)
    scale = np.sqrt(((features - features.mean(axis=0)) ** 2).mean())
    gradient = errors.T @ (features - features.mean(axis=0)) / scale
    np.testing.assert_allclose(gradient, -head.weight * scale / strength, atol=0.05)


def test_head_tells_unseen_images_apart() -> None:
    features, labels = clusters((30, 30, 30), distance=5)
    head = fit_head(features, labels, 3, _recipe(features))
    unseen, truth = clusters((50, 50, 50), distance=5, seed=1)
    assert (head.logits(unseen).argmax(axis=1) == truth).mean() > 0.95


def test_noise_is_regularised_more_than_clear_classes() -> None:
    clear, labels = clusters((40, 40), distance=8)
    noise, _ = clusters((40, 40), distance=0.0)
    strong, clear_folds = choose_head(clear, labels, ("a", "b"), balanced=False)
    weak, noise_folds = choose_head(noise, labels, ("a", "b"), balanced=False)
    assert weak.strength == min(STRENGTHS) < strong.strength
    assert clear_folds is not None
    assert noise_folds is not None
    assert clear_folds.accuracy > 0.97
    assert noise_folds.accuracy < 0.7, "each image is predicted by a head that did not see it"
    assert noise_folds.loss == pytest.approx(np.log(2), abs=0.05)


def test_balanced_head_finds_the_rare_class() -> None:
    features, labels = clusters((90, 6), distance=2)
    unseen, truth = clusters((100, 100), distance=2, seed=3)
    recalls = []
    for balanced in (False, True):
        head = fit_head(features, labels, 2, _recipe(features, strength=0.03, balanced=balanced))
        recalls.append((head.logits(unseen).argmax(axis=1) == truth)[truth == 1].mean())
    assert recalls[1] > recalls[0] + 0.2


def test_single_image_of_a_class_gives_no_folds() -> None:
    features, labels = clusters((5, 1))
    recipe, folds = choose_head(features, labels, ("a", "b"), balanced=False)
    assert (recipe.folds, folds) == (0, None)
    head = fit_head(features, labels, 2, recipe)
    assert (head.logits(features).argmax(axis=1) == labels).all()


def test_fit_is_repeatable_and_folds_depend_on_the_seed() -> None:
    features, labels = clusters((20, 20), distance=1)
    first, second = (fit_head(features, labels, 2, _recipe(features)) for _ in range(2))
    np.testing.assert_array_equal(first.weight, second.weight)
    losses = [choose_head(features, labels, ("a", "b"), balanced=False, seed=seed)[1] for seed in (0, 0, 1)]
    assert losses[0] is not None
    assert losses[1] is not None
    assert losses[2] is not None
    assert losses[0].loss == losses[1].loss != losses[2].loss
