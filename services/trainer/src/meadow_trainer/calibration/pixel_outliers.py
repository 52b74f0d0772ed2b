"""OOD detector on pixel statistics, for networks whose embeddings know nothing beyond the training images."""

import logging

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.outliers import PixelOutliers, pixel_statistics

log = logging.getLogger(__name__)

_KEPT = 0.99
"""Share of in-distribution images that stays within the limit."""
_FOLDS = 5
_FEWEST = 40
_MOST = 4096
"""More images do not move a mean of a dozen numbers."""
_CHUNK = 64
_SHRINKAGE = 0.05
_SMALLEST_SPREAD = 0.03
"""Below it two statistics look the same; in drawings one may be equal in every image."""


def fit_pixel_outliers(pixels: NDArray[np.uint8], *, tolerance: float = 1.0) -> PixelOutliers | None:
    """Fit the detector, with a limit that 99 % of in-distribution images stay within.

    The limit comes from out-of-fold distances: each image is measured by a fit that did not see it, as new images are.

    Args:
        pixels: [N, size, size, 3], training images as the core's preprocessing gives them.
        tolerance: Factor of the limit.

    Returns:
        None when there are fewer than forty images.
    """
    if len(pixels) < _FEWEST:
        log.warning("Only %d images to fit the OOD detector on; no image will be unknown.", len(pixels))
        return None
    pixels = pixels[:_MOST]
    chunks = [pixel_statistics(pixels[start : start + _CHUNK]) for start in range(0, len(pixels), _CHUNK)]
    statistics = np.concatenate(chunks)
    fold = np.arange(len(statistics)) % _FOLDS
    distances = np.empty(len(statistics))
    for left_out in range(_FOLDS):
        distances[fold == left_out] = _fit(statistics[fold != left_out]).distances(statistics[fold == left_out])
    limit = float(np.quantile(distances, _KEPT, method="higher"))
    return _fit(statistics).model_copy(update={"limit": max(limit * tolerance, 1e-6)})


def _fit(statistics: NDArray[np.float64]) -> PixelOutliers:
    """Fit mean and covariance; correlations are shrunk towards zero, as few images estimate them."""
    covariance = np.cov(statistics.T)
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.diag(np.diag(covariance))
    covariance += _SMALLEST_SPREAD**2 * np.eye(len(covariance))
    whitening = np.linalg.inv(np.linalg.cholesky(covariance)).T
    return PixelOutliers(mean=tuple(statistics.mean(axis=0)), whitening=tuple(map(tuple, whitening)), limit=1.0)
