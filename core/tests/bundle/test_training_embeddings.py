"""Images of other things lie far from every class, similar images are found, and files survive a round trip."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from meadow_core.bundle.manifest import TRAINING_EMBEDDINGS_FILE, BundleError
from meadow_core.bundle.ood_scores import ood_scores
from meadow_core.bundle.outliers import EmbeddingOutliers, PixelOutliers
from meadow_core.bundle.training_embeddings import (
    TrainingEmbeddings,
    normalise_embeddings,
    read_training_embeddings,
)

D, K = 12, 3


def training(images: NDArray[np.float32]) -> TrainingEmbeddings:
    """Two classes, at the first and the second axis; all variances are 0.01."""
    means = normalise_embeddings(np.eye(2, D, dtype=np.float32))
    summary = TrainingEmbeddings(
        mean=means.mean(axis=0),
        axes=np.eye(D, K, dtype=np.float32),
        class_means=means,
        variances=np.full(K, 0.01, np.float32),
        variance_elsewhere=np.array([0.01], np.float32),
        compact=np.empty((0, K), np.int8),
        labels=np.empty(0, np.int32),
        digests=np.empty((0, 32), np.uint8),
    )
    count = len(images)
    digests = np.arange(count * 32, dtype=np.uint8).reshape(count, 32)
    return TrainingEmbeddings(
        summary.mean,
        summary.axes,
        means,
        summary.variances,
        summary.variance_elsewhere,
        summary.compacted(images),
        np.arange(count, dtype=np.int32) % 2,
        digests,
    )


def rows(*values: list[float]) -> NDArray[np.float32]:
    return np.array([[*one, *[0.0] * (D - len(one))] for one in values], dtype=np.float32)


def test_distance_is_to_the_nearest_class_in_standard_deviations() -> None:
    fitted = training(rows([1.0]))
    distances = fitted.distances(rows([5.0], [0.0, 7.0], [0.0, 0.0, 1.0]))
    np.testing.assert_allclose(distances, [0, 0, np.sqrt(2 / 0.01)], atol=0.05)


def test_distances_are_the_same_alone_and_together() -> None:
    fitted = training(rows([1.0]))
    several = np.random.default_rng(0).normal(size=(5, D)).astype(np.float32)
    alone = np.concatenate([fitted.distances(several[place : place + 1]) for place in range(5)])
    np.testing.assert_allclose(fitted.distances(several), alone, rtol=1e-4)


def test_negative_and_zero_features_are_normalised_too() -> None:
    normal = normalise_embeddings(rows([-4.0, 0.0], [0.0]))
    np.testing.assert_allclose(normal[0, :2], [-1, 0])
    assert np.isfinite(normal).all()


def test_the_most_similar_image_is_itself_then_its_neighbours() -> None:
    images = rows([1.0, 0.1], [1.0, 0.3], [0.1, 1.0], [0.0, 0.0, 1.0])
    fitted = training(images)
    found = fitted.most_similar(fitted.compacted(images[:1])[0], 3)
    assert [image.sha256 for image in found][:2] == [fitted.digests[place].tobytes().hex() for place in (0, 1)]
    assert found[0].similarity == pytest.approx(1)
    assert found[0].similarity > found[1].similarity > found[2].similarity
    assert [image.class_index for image in found[:2]] == [0, 1]


def test_a_file_comes_back_whole_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    written = training(rows([1.0], [0.0, 1.0]))
    written.write(tmp_path)
    file = tmp_path / TRAINING_EMBEDDINGS_FILE
    read = read_training_embeddings(file)
    np.testing.assert_array_equal(read.compact, written.compact)
    np.testing.assert_array_equal(read.digests, written.digests)
    file.write_bytes(b"PK no archive")
    with pytest.raises(BundleError, match=TRAINING_EMBEDDINGS_FILE):
        read_training_embeddings(file)


def test_scores_are_in_units_of_the_limit_of_the_graph_that_ran() -> None:
    fitted, pixels = training(rows([1.0])), np.zeros((1, 8, 8, 3), np.uint8)
    outliers = EmbeddingOutliers(limit=2.0, quantized_limit=4.0)
    embedding = rows([1.0, 0.5])
    [distance] = fitted.distances(embedding)
    assert ood_scores(outliers, fitted, pixels, embedding) == pytest.approx([distance / 2])
    assert ood_scores(outliers, fitted, pixels, embedding, quantized=True) == pytest.approx([distance / 4])
    only = EmbeddingOutliers(limit=2.0)
    assert ood_scores(only, fitted, pixels, embedding, quantized=True) == pytest.approx([distance / 2])


def test_bundle_that_cannot_tell_gives_no_scores_and_one_without_embeddings_is_an_error() -> None:
    pixels = np.zeros((1, 8, 8, 3), np.uint8)
    assert ood_scores(None, None, pixels, None) is None
    with pytest.raises(BundleError, match="embeddings"):
        ood_scores(EmbeddingOutliers(limit=1.0), training(rows([1.0])), pixels, None)
    flat = PixelOutliers(mean=(0.0,) * 13, whitening=tuple(map(tuple, np.eye(13))), limit=1.0)
    scores = ood_scores(flat, None, pixels, None)
    assert scores is not None
    assert scores.shape == (1,)
