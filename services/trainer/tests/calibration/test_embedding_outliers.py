"""The limit keeps images of the classes, images of other things lie beyond it, and what is kept finds images again."""

import numpy as np
import pytest

from meadow_core.bundle.ood_scores import ood_scores
from meadow_core.bundle.training_embeddings import TrainingEmbeddings
from meadow_trainer.calibration.embedding_outliers import (
    fit_embedding_outliers,
    out_of_fold_distances,
    summarise_embeddings,
    with_quantized_limit,
)
from meadow_trainer.training.embedded_images import EmbeddedImages
from meadow_trainer.training.head import Features

D = 96
CLASSES = 3


def embed(count: int, kinds: range, *, seed: int) -> EmbeddedImages:
    """Clouds around one centre for each kind, positive as rectified features are."""
    rng = np.random.default_rng(seed)
    labels = np.resize(np.array(kinds), count)
    centres = np.random.default_rng(1).gamma(0.5, size=(10, D))
    embeddings = np.maximum(centres[labels] + rng.normal(0, 0.15, (count, D)), 0).astype(np.float32)
    digests = tuple(f"{seed:032x}{place:032x}" for place in range(count))
    return EmbeddedImages(embeddings, labels - kinds.start, digests)


@pytest.fixture(scope="module")
def images() -> EmbeddedImages:
    return embed(240, range(CLASSES), seed=2)


@pytest.fixture(scope="module")
def summary(images: EmbeddedImages) -> TrainingEmbeddings:
    return summarise_embeddings(images, CLASSES)


def scores(
    images: EmbeddedImages, summary: TrainingEmbeddings, embeddings: Features, tolerance: float = 1.0
) -> Features:
    outliers = fit_embedding_outliers(images, CLASSES, tolerance=tolerance)
    found = ood_scores(outliers, summary, np.zeros((len(embeddings), 8, 8, 3), np.uint8), embeddings)
    assert found is not None
    return found.astype(np.float32)


def test_unseen_images_of_the_classes_stay_within_and_other_kinds_do_not(
    images: EmbeddedImages, summary: TrainingEmbeddings
) -> None:
    known = scores(images, summary, embed(600, range(CLASSES), seed=3).embeddings)
    assert 0.01 < (known > 1).mean() < 0.08
    other = scores(images, summary, embed(200, range(5, 9), seed=4).embeddings)
    assert (other > 1).mean() > 0.95


def test_tolerance_moves_the_limit(images: EmbeddedImages, summary: TrainingEmbeddings) -> None:
    some = embed(20, range(5, 9), seed=4).embeddings
    np.testing.assert_allclose(scores(images, summary, some, 2.0) * 2, scores(images, summary, some), rtol=1e-5)


def test_distances_of_images_that_a_fit_saw_are_smaller(images: EmbeddedImages, summary: TrainingEmbeddings) -> None:
    unseen = out_of_fold_distances(images.embeddings, images.labels)
    assert np.median(unseen) > np.median(summary.distances(images.embeddings))


def test_few_images_give_no_detector_but_are_found_as_similar() -> None:
    few = embed(39, range(CLASSES), seed=5)
    assert fit_embedding_outliers(few, CLASSES, tolerance=1) is None
    one = EmbeddedImages(few.embeddings, np.array([0] * 38 + [1]), few.digests)
    assert fit_embedding_outliers(one, 2, tolerance=1) is None
    kept = summarise_embeddings(few, CLASSES)
    [nearest] = kept.most_similar(kept.compacted(few.embeddings[7:8])[0], 1)
    assert nearest.sha256 == few.digests[7]
    assert nearest.class_index == few.labels[7]


def test_int8_graph_has_a_limit_that_its_embeddings_keep(images: EmbeddedImages, summary: TrainingEmbeddings) -> None:
    unseen = embed(400, range(CLASSES), seed=6).embeddings
    step = np.float32(1 / 40)
    rounded = np.round(unseen / step) * step
    outliers = fit_embedding_outliers(images, CLASSES, tolerance=1)
    assert outliers is not None
    both = with_quantized_limit(outliers, summary, unseen[:100], rounded[:100])
    assert both.quantized_limit is not None
    assert both.quantized_limit > both.limit
    exact, farther = summary.distances(unseen), summary.distances(rounded)
    assert abs((farther > both.quantized_limit).mean() - (exact > both.limit).mean()) < 0.02
