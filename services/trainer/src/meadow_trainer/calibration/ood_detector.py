"""What the training images look like as plain pixels, by which pictures that are something else are told."""

import logging

import numpy as np
from numpy.typing import NDArray

from meadow.bundle.outliers import OutlierModel, pixel_statistics

log = logging.getLogger(__name__)

_KEPT = 0.99
"""Share of real images that stays within the limit."""
_FOLDS = 5
_FEWEST = 40
_MOST = 4096
"""More images do not move a mean of a dozen numbers."""
_CHUNK = 64
_SHRINKAGE = 0.05
_SMALLEST_SPREAD = 0.03
"""Below it two statistics are the same to the eye; drawings may have the very same one in every image."""


def fit_outliers(pixels: NDArray[np.uint8]) -> OutlierModel | None:
    """Describe the training images, and find the distance that 99 % of images stay within.

    Each image's distance is measured with a description that it had no part in, as a new picture's will be.

    Args:
        pixels: [N, size, size, 3], training images as the core's preprocessing gives them.

    Returns:
        None when there are fewer than forty images to tell from.
    """
    if len(pixels) < _FEWEST:
        log.warning("Only %d images to learn from; no picture will be told to be unknown.", len(pixels))
        return None
    pixels = pixels[:_MOST]
    chunks = [pixel_statistics(pixels[start : start + _CHUNK]) for start in range(0, len(pixels), _CHUNK)]
    statistics = np.concatenate(chunks)
    fold = np.arange(len(statistics)) % _FOLDS
    distances = np.empty(len(statistics))
    for left_out in range(_FOLDS):
        distances[fold == left_out] = _describe(statistics[fold != left_out]).distances(statistics[fold == left_out])
    limit = float(np.quantile(distances, _KEPT, method="higher"))
    return _describe(statistics).model_copy(update={"limit": max(limit, 1e-6)})


def _describe(statistics: NDArray[np.float64]) -> OutlierModel:
    """Take mean and covariance; correlations are drawn a little towards none, for they are told by few images."""
    covariance = np.cov(statistics.T)
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.diag(np.diag(covariance))
    covariance += _SMALLEST_SPREAD**2 * np.eye(len(covariance))
    whitening = np.linalg.inv(np.linalg.cholesky(covariance)).T
    return OutlierModel(mean=tuple(statistics.mean(axis=0)), whitening=tuple(map(tuple, whitening)), limit=1.0)
