"""The OOD score of images: how unlike the training images they are, whichever way a bundle tells it."""

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.manifest import BundleError
from meadow_core.bundle.outliers import EmbeddingOutliers, PixelOutliers
from meadow_core.bundle.training_embeddings import TrainingEmbeddings


def ood_scores(
    outliers: PixelOutliers | EmbeddingOutliers | None,
    training: TrainingEmbeddings | None,
    pixels: NDArray[np.uint8],
    embeddings: NDArray[np.float32] | None,
    *,
    quantized: bool = False,
) -> NDArray[np.float64] | None:
    """Say how unlike the training images each image is; above 1 it is `unknown`.

    Args:
        outliers: Of the bundle's manifest.
        training: The bundle's training embeddings.
        pixels: [N, size, size, 3], RGB, as the bundle's preprocessing gives them.
        embeddings: [N, D], the network's.
        quantized: Whether the int8 graph gave the embeddings.

    Returns:
        [N]; None from a bundle that cannot tell.

    Raises:
        BundleError: It tells by embeddings, and there are none.
    """
    if outliers is None:
        return None
    if isinstance(outliers, PixelOutliers):
        return outliers.scores(pixels)
    if training is None or embeddings is None:
        raise BundleError(
            "The bundle tells unknown images by embeddings, and lacks its training images' or gives none."
        )
    limit = outliers.quantized_limit if quantized and outliers.quantized_limit else outliers.limit
    return training.distances(embeddings) / limit
