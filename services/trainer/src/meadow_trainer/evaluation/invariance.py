"""Invariance tests, and images that must be classified correctly (CheckList, Ribeiro et al. 2020)."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Logits, Predict

log = logging.getLogger(__name__)

_MOST = 20
"""Images, evenly from the hold-out: each is predicted once for each perturbation."""
_BRIGHTNESS = 0.15
_SCALE = 0.2


@dataclass(frozen=True)
class MustPass:
    """Result on the images that a model must classify correctly, whatever its accuracy."""

    images: int
    wrong: tuple[str, ...]
    """Sources of the misclassified ones."""
    missing: tuple[str, ...]
    """Digests of images that the data set does not hold."""


def measure_invariance(predict: Predict, images: EvaluationImages, logits: Logits) -> dict[str, float]:
    """Return the share of images whose prediction stays the same, by perturbation.

    Args:
        predict: Returns the logits of the perturbed images.
        images: The hold-out.
        logits: Those of the unperturbed images.
    """
    chosen = np.unique(np.linspace(0, len(images) - 1, min(len(images), _MOST)).round().astype(int))
    before = logits[chosen].argmax(axis=1)
    pixels = torch.from_numpy(images.pixels[chosen])
    return {
        name: float((predict(perturb(pixels).numpy()).argmax(axis=1) == before).mean())
        for name, perturb in _PERTURBATIONS.items()
    }


def check_must_pass(predict: Predict, images: EvaluationImages, missing: Sequence[str]) -> MustPass:
    """Check the images that must be classified correctly.

    Args:
        predict: Returns their logits.
        images: Those found in the data set.
        missing: Digests of those not found.
    """
    if missing:
        log.warning("%d must-pass images are not in the data set: %s", len(missing), ", ".join(missing))
    if not len(images):
        return MustPass(0, (), tuple(missing))
    wrong = predict(images.pixels).argmax(axis=1) != images.labels
    return MustPass(len(images), tuple(images.sources[index] for index in np.flatnonzero(wrong)), tuple(missing))


def _mirrored(pixels: Tensor) -> Tensor:
    return pixels.flip(2)


def _with_brightness(factor: float) -> Callable[[Tensor], Tensor]:
    return lambda pixels: (pixels.float() * factor).round().clamp(0, 255).to(torch.uint8)


def _scaled(factor: float) -> Callable[[Tensor], Tensor]:
    """Zoom in, cropped at the edges, or out, with reflection padding."""

    def perturb(pixels: Tensor) -> Tensor:
        theta = torch.tensor([[1 / factor, 0.0, 0.0], [0.0, 1 / factor, 0.0]]).expand(len(pixels), 2, 3)
        planes = pixels.permute(0, 3, 1, 2).float()
        grid = functional.affine_grid(theta, list(planes.shape), align_corners=False)
        moved = functional.grid_sample(planes, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        return moved.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()

    return perturb


_PERTURBATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "mirrored": _mirrored,
    "darker": _with_brightness(1 - _BRIGHTNESS),
    "brighter": _with_brightness(1 + _BRIGHTNESS),
    "smaller": _scaled(1 - _SCALE),
    "larger": _scaled(1 + _SCALE),
}
