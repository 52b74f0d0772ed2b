"""In which order an epoch goes through the images."""

import torch
from torch import Tensor


def draw_order(labels: Tensor, *, balanced: bool, generator: torch.Generator) -> Tensor:
    """Draw the order of one epoch.

    Args:
        labels: int64 [N].
        balanced: Give every class the same share of the epoch: images of rare classes come several times, in views of
            their own each time, and of frequent ones another part comes in every epoch.
        generator: Source of all randomness.

    Returns:
        int64 [N], indices of images.
    """
    count = len(labels)
    if not balanced:
        return torch.randperm(count, generator=generator)
    present = torch.nonzero(labels.bincount())[:, 0]
    shares = [count // len(present) + (number < count % len(present)) for number in range(len(present))]
    drawn = [
        _drawn(torch.nonzero(labels == one)[:, 0], share, generator) for one, share in zip(present, shares, strict=True)
    ]
    return torch.cat(drawn)[torch.randperm(count, generator=generator)]


def _drawn(images: Tensor, wanted: int, generator: torch.Generator) -> Tensor:
    """Draw so many; none comes twice before each has come once."""
    rounds = -(-wanted // len(images))
    every = [images[torch.randperm(len(images), generator=generator)] for _ in range(rounds)]
    return torch.cat(every)[:wanted]
