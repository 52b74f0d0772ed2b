"""Augmentation of training images, a whole batch at once.

Working on a batch of tensors instead of one Pillow image at a time is what keeps two CPU cores busy with the network
rather than with augmentation: one resampling, one colour matrix and one mask per batch.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_RATIO = math.log(4 / 3)
"""Half the range of a crop's aspect ratio, as a logarithm."""

_LUMA = (0.299, 0.587, 0.114)

_TO_YIQ = torch.tensor([_LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])


@dataclass(frozen=True)
class Augmentation:
    """Strength of each random transformation; each field bounds a uniform distribution."""

    smallest_area: float = 0.35
    """Smallest share of an image's area that a crop keeps."""
    rotation: float = 15.0
    """Degrees to either side."""
    flip: float = 0.5
    """Probability of a horizontal flip."""
    brightness: float = 0.3
    contrast: float = 0.3
    saturation: float = 0.3
    hue: float = 0.02
    """Share of the full circle, to either side. Small: for many classes the colour is a feature."""
    erasing: float = 0.25
    """Probability that a rectangle is erased."""

    @classmethod
    def of_strength(cls, strength: float) -> "Augmentation":
        """Scale the default ranges: 0 is no augmentation, 1 the default."""
        full = cls()
        return cls(
            smallest_area=max(0.05, 1 - strength * (1 - full.smallest_area)),
            rotation=strength * full.rotation,
            flip=full.flip if strength > 0 else 0.0,
            brightness=strength * full.brightness,
            contrast=strength * full.contrast,
            saturation=strength * full.saturation,
            hue=strength * full.hue,
            erasing=min(1.0, strength * full.erasing),
        )


def augment(
    images: Tensor, aspects: Tensor, size: int, augmentation: Augmentation, generator: torch.Generator
) -> Tensor:
    """Augment each image once.

    Args:
        images: uint8 [N, 3, S, S], each image resized to a square.
        aspects: float32 [N], width divided by height of each image before it was resized.
        size: Side of the augmented images, in pixels.
        augmentation: Strength of the transformations.
        generator: Source of all randomness, so that a seed reproduces the result.

    Returns:
        float32 [N, 3, size, size] between 0 and 1, channels last in memory.
    """
    views = _crop(images.float().div_(255), aspects, size, augmentation, generator)
    views = _jitter_colour(views, augmentation, generator)
    views = _erase(views, augmentation.erasing, generator)
    return views.contiguous(memory_format=torch.channels_last)


def mix(images: Tensor, targets: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Blend each image, and its target, with another one of the batch (mixup).

    Args:
        images: float32 [N, 3, H, W].
        targets: float32 [N, C], class probabilities.
        alpha: Parameter of the symmetric Beta distribution that the blend is drawn from; 0 changes nothing.
        generator: Source of all randomness.

    Returns:
        The blended images and targets, of the same shapes.
    """
    if alpha <= 0:
        return images, targets
    seed = int(torch.randint(2**31, (), generator=generator))
    drawn = np.random.default_rng(seed).beta(alpha, alpha, len(images)).astype(np.float32)
    share = torch.from_numpy(drawn).to(images.device)
    other = torch.randperm(len(images), generator=generator).to(images.device)
    pixels = share[:, None, None, None]
    classes = share[:, None]
    return images.lerp(images[other], 1 - pixels), targets.lerp(targets[other], 1 - classes)


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _crop(images: Tensor, aspects: Tensor, size: int, ranges: Augmentation, generator: torch.Generator) -> Tensor:
    """Crop, rotate and flip in one resampling; lengths are in units of the image's height."""
    count = len(images)
    area = _uniform(count, ranges.smallest_area, 1.0, generator)
    ratio = (_uniform(count, -_RATIO, _RATIO, generator) if ranges.smallest_area < 1 else torch.zeros(count)).exp()
    width = torch.minimum((aspects * area * ratio).sqrt(), aspects)
    height = (aspects * area / ratio).sqrt().clamp(max=1.0)
    centre_x = width / 2 + torch.rand(count, generator=generator) * (aspects - width)
    centre_y = height / 2 + torch.rand(count, generator=generator) * (1 - height)
    angle = _uniform(count, -ranges.rotation, ranges.rotation, generator).deg2rad()
    side = torch.where(torch.rand(count, generator=generator) < ranges.flip, -1.0, 1.0)
    theta = torch.stack(
        [
            torch.stack(
                [angle.cos() * width * side / aspects, -angle.sin() * height / aspects, 2 * centre_x / aspects - 1], 1
            ),
            torch.stack([angle.sin() * width * side, angle.cos() * height, 2 * centre_y - 1], 1),
        ],
        1,
    ).to(images.device)
    grid = functional.affine_grid(theta, [count, 3, size, size], align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _jitter_colour(images: Tensor, ranges: Augmentation, generator: torch.Generator) -> Tensor:
    """Jitter brightness, contrast, saturation and hue: all are linear in colour, so one matrix suffices."""
    count = len(images)
    brightness = 1 + _uniform(count, -ranges.brightness, ranges.brightness, generator)
    contrast = 1 + _uniform(count, -ranges.contrast, ranges.contrast, generator)
    saturation = 1 + _uniform(count, -ranges.saturation, ranges.saturation, generator)
    hue = _uniform(count, -ranges.hue, ranges.hue, generator) * 2 * math.pi
    chroma = torch.zeros(count, 3, 3)
    chroma[:, 0, 0] = 1
    chroma[:, 1, 1] = chroma[:, 2, 2] = saturation * hue.cos()
    chroma[:, 1, 2] = -saturation * hue.sin()
    chroma[:, 2, 1] = saturation * hue.sin()
    matrix = (torch.linalg.inv(_TO_YIQ) @ chroma @ _TO_YIQ * (brightness * contrast)[:, None, None]).to(images.device)
    grey = torch.tensor(_LUMA, device=images.device)
    mean = torch.einsum("nchw,c->n", images, grey) / (images.shape[2] * images.shape[3])
    offset = mean * (brightness * (1 - contrast)).to(images.device)
    coloured = torch.einsum("nij,njhw->nihw", matrix, images)
    return coloured.add_(offset[:, None, None, None]).clamp_(0, 1)


def _erase(images: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Fill a rectangle of 2 to 20 % of the area with the image's mean colour."""
    count, _, rows, columns = images.shape
    chosen = torch.rand(count, generator=generator) < probability
    area = _uniform(count, 0.02, 0.2, generator)
    ratio = _uniform(count, -1.0, 1.0, generator).exp()
    height, width = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    top = torch.rand(count, generator=generator) * (1 - height)
    left = torch.rand(count, generator=generator) * (1 - width)
    y = ((torch.arange(rows) + 0.5) / rows)[None]
    x = ((torch.arange(columns) + 0.5) / columns)[None]
    inside_y = (y >= top[:, None]) & (y < (top + height)[:, None]) & chosen[:, None]
    inside_x = (x >= left[:, None]) & (x < (left + width)[:, None])
    mask = (inside_y[:, None, :, None] & inside_x[:, None, None, :]).to(images.device)
    return torch.where(mask, images.mean((2, 3), keepdim=True), images)
