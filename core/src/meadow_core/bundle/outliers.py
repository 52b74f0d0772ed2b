"""How unlike the training images a picture is, in units of the distance that nearly all real images stay within.

A network is as sure of noise or of a photograph of something else as it is of what it was trained on, so its logits
tell little. The embeddings of a pretrained network do: it has seen many other things. Those of a network trained from
scratch have not; a dozen plain statistics of the pixels at least tell noise, drawings and pages of text apart.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

_SITES = 40
"""Places a side at which an image is looked at: the cost does not grow with its size."""
_NEAR = 1
_FAR = 4
"""Pixels between the two that are compared: light in photographs changes with distance, noise does not."""
_LEVELS = 16
_BRIGHTEST = 255.0


def pixel_statistics(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Describe images by brightness, colour, detail at two distances, flat areas, variety, and colour in the detail.

    What is a matter of proportion is a difference of logarithms: how much more changes farther apart, and how much
    colour changes where light does. Both are nearly the same in all photographs, and not in noise.

    Args:
        pixels: [N, size, size, 3], RGB, size at least 5.

    Returns:
        [N, 13].
    """
    reach = pixels.shape[1] - _FAR
    sites = slice(0, reach, max(1, reach // _SITES))
    here = pixels[:, sites, sites].astype(np.int16)
    light = _light(here)
    red_green = here[..., 0] - here[..., 1]
    yellow_blue = (here[..., 0] + here[..., 1]) // 2 - here[..., 2]
    columns = [one(part) / _BRIGHTEST for part in (light, red_green, yellow_blue) for one in (_mean, _spread)]
    near, far = (slice(distance, reach + distance, sites.step) for distance in (_NEAR, _FAR))
    beside, below = pixels[:, sites, near].astype(np.int16), pixels[:, near, sites].astype(np.int16)
    changes = [np.abs(_light(there) - light) for there in (beside, below)]
    detail = [np.log1p(_mean(change)) for change in changes]
    columns += detail
    for there, close in zip((pixels[:, sites, far], pixels[:, far, sites]), detail, strict=True):
        columns.append(np.log1p(_mean(np.abs(_light(there.astype(np.int16)) - light))) - close)
    columns += [_mean((changes[0] == 0) & (changes[1] == 0)), _variety(light)]
    columns.append(np.log1p(_mean(np.abs(beside[..., 0] - beside[..., 1] - red_green))) - detail[0])
    return np.stack(columns, axis=1)


class PixelOutliers(BaseModel):
    """What the statistics of the training images are, and how far from them a picture may be."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["pixel-statistics"] = "pixel-statistics"
    mean: tuple[float, ...] = Field(description="Of each statistic.")
    whitening: tuple[tuple[float, ...], ...] = Field(
        description="Turns differences from the mean into ones whose length is the Mahalanobis distance."
    )
    limit: float = Field(gt=0, description="The distance beyond which a picture is `unknown`.")

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Say how unlike the training images each image is: [N], in units of the limit.

        Args:
            pixels: [N, size, size, 3], RGB, as the bundle's preprocessing gives them.
        """
        return self.distances(pixel_statistics(pixels)) / self.limit

    def distances(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the Mahalanobis distances, [N], of statistics [N, 13]."""
        away = (statistics - np.array(self.mean)) @ np.array(self.whitening)
        return np.asarray(np.sqrt((away * away).sum(axis=1)))


class EmbeddingOutliers(BaseModel):
    """How far from the training images' embeddings a picture may be (`meadow_core.bundle.training_embeddings`)."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["embedding"] = "embedding"
    limit: float = Field(gt=0, description="The distance beyond which a picture is `unknown`.")
    quantized_limit: float | None = Field(
        None, gt=0, description="The same for the int8 graph, whose embeddings lie a little apart."
    )


def _light(colours: NDArray[np.int16]) -> NDArray[np.int16]:
    """Brightness as the eye weighs it, in whole numbers."""
    return (colours[..., 0] + 2 * colours[..., 1] + colours[..., 2]) // 4


def _mean(values: NDArray[np.int16] | NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(values.mean(axis=(1, 2)))


def _spread(values: NDArray[np.int16]) -> NDArray[np.float64]:
    return np.asarray(values.std(axis=(1, 2)))


def _variety(light: NDArray[np.int16]) -> NDArray[np.float64]:
    """Entropy of each image's brightness, in bits, over 16 levels."""
    count = len(light)
    levels = light.reshape(count, -1) // (256 // _LEVELS)
    cells = levels + _LEVELS * np.arange(count)[:, None]
    shares = np.bincount(cells.ravel(), minlength=count * _LEVELS).reshape(count, _LEVELS) / levels.shape[1]
    return np.asarray(-(shares * np.log2(np.where(shares > 0, shares, 1.0))).sum(axis=1))
