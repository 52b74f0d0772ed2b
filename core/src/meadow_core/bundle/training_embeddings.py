"""Where a model's training images lie among its embeddings: tells images of other things, and finds similar ones.

Embeddings are compared after a signed square root and scaling to length one, which keeps a few large features from
deciding alone (Perronnin et al. 2010; Arandjelovic and Zisserman 2012). How far an image is from all classes is a
Mahalanobis distance to the nearest class mean (Lee et al. 2018), with a covariance that is shrunk far towards a
multiple of the identity: a few hundred images estimate few of its 1280 dimensions. Similar images are found by the
cosine in the directions in which the training images differ most.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.manifest import TRAINING_EMBEDDINGS_FILE, BundleError

COMPACT_DIMENSIONS = 64
"""At most, of a compact embedding."""
_LARGEST_BYTE = 127


@dataclass(frozen=True)
class SimilarImage:
    """A training image that is like another image."""

    sha256: str
    class_index: int
    similarity: float
    """Cosine of the compact embeddings: 1 is the same picture, 0 what any two have in common."""


@dataclass(frozen=True)
class TrainingEmbeddings:
    """What is kept of the training images' embeddings. D is their length, K that of compact ones."""

    mean: NDArray[np.float32]
    """[D], of the normalised embeddings."""
    axes: NDArray[np.float32]
    """[D, K], orthonormal: the directions in which the training images differ most."""
    class_means: NDArray[np.float32]
    """[classes, D], of the normalised embeddings."""
    variances: NDArray[np.float32]
    """[K], within the classes along each axis, after shrinkage."""
    variance_elsewhere: NDArray[np.float32]
    """[1], in every other direction."""
    compact: NDArray[np.int8]
    """[N, K], of the images, or of some of very many."""
    labels: NDArray[np.int32]
    """[N]: index into the model's classes."""
    digests: NDArray[np.uint8]
    """[N, 32]: sha256 of each image's file."""

    def distances(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how far embeddings [N, D] are from the nearest class: [N], Mahalanobis distances."""
        rows = normalise_embeddings(embeddings)
        squared = np.square(rows).sum(axis=1)[:, None] - 2 * rows @ self.class_means.T + self._squared_lengths
        along = np.square((rows @ self.axes)[:, None] - self._class_places)
        elsewhere = np.maximum(squared - along.sum(axis=2), 0) / self.variance_elsewhere
        return np.asarray(np.sqrt(((along / self.variances).sum(axis=2) + elsewhere).min(axis=1)), dtype=np.float64)

    def compacted(self, embeddings: NDArray[np.float32]) -> NDArray[np.int8]:
        """Shorten embeddings [N, D] to signed bytes [N, K]; only their direction means something."""
        places = (normalise_embeddings(embeddings) - self.mean) @ self.axes
        largest = np.maximum(np.abs(places).max(axis=1, keepdims=True), 1e-12)
        return np.asarray(np.round(places / largest * _LARGEST_BYTE), dtype=np.int8)

    def most_similar(self, compact: NDArray[np.int8], count: int) -> list[SimilarImage]:
        """Find the training images most like one image, the most similar first.

        Args:
            compact: Of the image, [K].
            count: How many, at most.
        """
        similarities = _directions(self.compact) @ _directions(compact[None])[0]
        nearest = np.argsort(-similarities, kind="stable")[:count]
        return [
            SimilarImage(self.digests[place].tobytes().hex(), int(self.labels[place]), float(similarities[place]))
            for place in nearest
        ]

    @cached_property
    def _class_places(self) -> NDArray[np.float32]:
        return np.asarray(self.class_means @ self.axes)

    @cached_property
    def _squared_lengths(self) -> NDArray[np.float32]:
        return np.asarray(np.square(self.class_means).sum(axis=1))

    def write(self, folder: Path) -> None:
        """Put it among a bundle's files."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(folder / TRAINING_EMBEDDINGS_FILE, **arrays)


def read_training_embeddings(file: Path) -> TrainingEmbeddings:
    """Read what `TrainingEmbeddings.write` wrote.

    Raises:
        BundleError: It is not there, or is something else.
    """
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return TrainingEmbeddings(**{field.name: arrays[field.name] for field in fields(TrainingEmbeddings)})
    except Exception as error:  # what a damaged archive leads to is an open set
        raise BundleError(f"{file.name} in {file.parent} cannot be read: {error}") from error


def normalise_embeddings(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take the signed square root of embeddings [N, D], and scale each to length one."""
    rooted = np.sign(embeddings) * np.sqrt(np.abs(embeddings))
    return np.asarray(rooted / np.maximum(np.linalg.norm(rooted, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _directions(compact: NDArray[np.int8]) -> NDArray[np.float32]:
    floats = compact.astype(np.float32)
    return np.asarray(floats / np.maximum(np.linalg.norm(floats, axis=1, keepdims=True), 1e-12))
