"""Fit of the embeddings' summary that unknown and similar images are told by."""

import logging

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.outliers import EmbeddingOutliers
from meadow_core.bundle.training_embeddings import COMPACT_DIMENSIONS, TrainingEmbeddings, normalise_embeddings
from meadow_trainer.evaluation.evaluate import Floats, Labels
from meadow_trainer.training.embedded_images import EmbeddedImages
from meadow_trainer.training.head import Features

log = logging.getLogger(__name__)

KEPT = 0.96
"""Share of the images of the classes that stays within the limit."""
_SHRINKAGE = 0.9
"""Weight of the multiple of the identity in the covariance; `python -m meadow_trainer.tuning.unknown_images` has the
measurements that it was chosen by, with classes left out."""
_FOLDS = 5
_FEWEST = 40
_MOST_FOLDED = 1000
_MOST_ROTATED = 2048
"""Images that the axes are computed from: more hardly turn them."""
_MOST_SEARCHED = 20_000
"""Images that can be found as similar: 64 bytes each in every bundle."""


def summarise_embeddings(images: EmbeddedImages, classes: int) -> TrainingEmbeddings:
    """Compute what a bundle keeps of its training images' embeddings.

    Args:
        images: At least one of each class.
        classes: How many there are.
    """
    rows = normalise_embeddings(images.embeddings)
    summary = _summarise(rows, images.labels, classes)
    searched = _evenly(len(rows), _MOST_SEARCHED)
    digests = [np.frombuffer(bytes.fromhex(images.digests[place]), dtype=np.uint8) for place in searched]
    return TrainingEmbeddings(
        **summary,
        compact=_without_images(summary).compacted(images.embeddings[searched]),
        labels=images.labels[searched].astype(np.int32),
        digests=np.stack(digests),
    )


def fit_embedding_outliers(images: EmbeddedImages, classes: int, *, tolerance: float) -> EmbeddingOutliers | None:
    """Choose the distance that 96 % of in-distribution images stay within.

    It comes from out-of-fold distances: each image is measured by a fit that did not see it, as new images are.

    Args:
        images: The training images, embedded by a network that was not trained on them.
        classes: How many there are.
        tolerance: Factor of the distance.

    Returns:
        None when there are fewer than forty images, or only one of some class.
    """
    if len(images.labels) < _FEWEST or np.bincount(images.labels, minlength=classes).min() < 2:  # noqa: PLR2004
        log.warning("Too few images to fit the OOD detector on; no image will be unknown.")
        return None
    chosen = _evenly(len(images.labels), _MOST_FOLDED)
    distances = out_of_fold_distances(images.embeddings[chosen], images.labels[chosen])
    limit = float(np.quantile(distances, KEPT, method="higher"))
    return EmbeddingOutliers(limit=max(limit * tolerance, 1e-6))


def with_quantized_limit(
    outliers: EmbeddingOutliers,
    training: TrainingEmbeddings,
    embeddings: Features,
    quantized: Features,
) -> EmbeddingOutliers:
    """Add the limit of the int8 graph, whose embeddings of the same images lie farther from the training images'.

    Args:
        outliers: With the limit of the exact graph.
        training: The exact embeddings of the training images.
        embeddings: [N, D], of some images, by the exact graph.
        quantized: [N, D], of the same images, by the int8 graph.
    """
    # Rounding adds to the squared distance about the same for every image.
    farther = np.median(np.square(training.distances(quantized)) - np.square(training.distances(embeddings)))
    limit = float(np.sqrt(max(outliers.limit**2 + float(farther), outliers.limit**2 / 4)))
    return outliers.model_copy(update={"quantized_limit": limit})


def out_of_fold_distances(embeddings: Features, labels: Labels) -> Floats:
    """Return each image's distance by a fit on the other folds: [N] of embeddings [N, D] and labels [N]."""
    rows = normalise_embeddings(embeddings)
    # Each class spread evenly over the folds, so that none lacks one.
    fold = np.empty(len(labels), dtype=np.int64)
    fold[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % _FOLDS
    distances = np.empty(len(labels))
    for left_out in range(_FOLDS):
        seen = fold != left_out
        known = np.unique(labels[seen], return_inverse=True)[1]
        fitted = _without_images(_summarise(rows[seen], known, int(known.max()) + 1))
        distances[~seen] = fitted.distances(embeddings[~seen])
    return distances


def _summarise(rows: Features, labels: Labels, classes: int) -> dict[str, NDArray[np.float32]]:
    """Fit means, axes and variances to normalised embeddings."""
    class_means = np.stack([rows[labels == label].mean(axis=0) for label in range(classes)])
    mean = rows.mean(axis=0)
    chosen = _evenly(len(rows), _MOST_ROTATED)
    _, _, axes = np.linalg.svd(rows[chosen] - mean, full_matrices=False)
    axes = axes[:COMPACT_DIMENSIONS].T
    within = rows - class_means[labels]
    average = max(float(np.square(within).sum(axis=1).mean()) / rows.shape[1], 1e-12)
    variances = (1 - _SHRINKAGE) * np.square(within @ axes).mean(axis=0) + _SHRINKAGE * average
    return {
        "mean": mean.astype(np.float32),
        "axes": axes.astype(np.float32),
        "class_means": class_means.astype(np.float32),
        "variances": variances.astype(np.float32),
        "variance_elsewhere": np.array([_SHRINKAGE * average], dtype=np.float32),
    }


def _without_images(summary: dict[str, NDArray[np.float32]]) -> TrainingEmbeddings:
    size = len(summary["variances"])
    return TrainingEmbeddings(
        **summary,
        compact=np.empty((0, size), dtype=np.int8),
        labels=np.empty(0, dtype=np.int32),
        digests=np.empty((0, 32), dtype=np.uint8),
    )


def _evenly(count: int, most: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
