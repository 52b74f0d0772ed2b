"""What must not change an answer, and which answers must be right (Ribeiro et al. 2020)."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Logits, predict

log = logging.getLogger(__name__)

_BRIGHTNESS = 0.15
_SCALE = 0.2


@dataclass(frozen=True)
class MustPass:
    """Images that a model has to answer rightly, however good it is otherwise."""

    images: int
    wrong: tuple[str, ...]
    """Where those that it does not answer rightly came from."""
    missing: tuple[str, ...]
    """Digests that are of no image of the data set."""


def measure_unchanged(
    network: nn.Module, images: EvaluationImages, logits: Logits, device: torch.device
) -> dict[str, float]:
    """Return the share of images whose label stays the same, by what was done to them.

    Args:
        network: Answers the changed images.
        images: The hold-out.
        logits: Its answers to the images as they are.
        device: Where the network is.
    """
    before = logits.argmax(axis=1)
    pixels = torch.from_numpy(images.pixels)
    return {
        name: float((predict(network, change(pixels).numpy(), device).argmax(axis=1) == before).mean())
        for name, change in _CHANGES.items()
    }


def check_must_pass(
    network: nn.Module, images: EvaluationImages, missing: Sequence[str], device: torch.device
) -> MustPass:
    """Ask for the images that must be answered rightly.

    Args:
        network: Answers them.
        images: Those that could be had.
        missing: Digests of those that could not.
        device: Where the network is.
    """
    if missing:
        log.warning("%d images that must pass are not in the data set: %s", len(missing), ", ".join(missing))
    if not len(images):
        return MustPass(0, (), tuple(missing))
    wrong = predict(network, images.pixels, device).argmax(axis=1) != images.labels
    return MustPass(len(images), tuple(images.sources[index] for index in np.flatnonzero(wrong)), tuple(missing))


def _mirrored(pixels: Tensor) -> Tensor:
    return pixels.flip(2)


def _lit(factor: float) -> Callable[[Tensor], Tensor]:
    return lambda pixels: (pixels.float() * factor).round().clamp(0, 255).to(torch.uint8)


def _scaled(factor: float) -> Callable[[Tensor], Tensor]:
    """Show things larger, cut at the edges, or smaller, with the surroundings mirrored in."""

    def change(pixels: Tensor) -> Tensor:
        theta = torch.tensor([[1 / factor, 0.0, 0.0], [0.0, 1 / factor, 0.0]]).expand(len(pixels), 2, 3)
        planes = pixels.permute(0, 3, 1, 2).float()
        grid = functional.affine_grid(theta, list(planes.shape), align_corners=False)
        moved = functional.grid_sample(planes, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        return moved.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()

    return change


_CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "mirrored": _mirrored,
    "darker": _lit(1 - _BRIGHTNESS),
    "brighter": _lit(1 + _BRIGHTNESS),
    "smaller": _scaled(1 - _SCALE),
    "larger": _scaled(1 + _SCALE),
}
