"""Sampler: the order in which an epoch visits the images, balanced by class on request."""

import torch
from torch import Tensor


def sample_epoch(labels: Tensor, *, balanced: bool, generator: torch.Generator) -> Tensor:
    """Sample the order of one epoch.

    Args:
        labels: int64 [N].
        balanced: Give every class the same share of the epoch: images of rare classes are repeated, each time augmented
            anew, and each epoch takes another subset of frequent classes.
        generator: Source of all randomness.

    Returns:
        int64 [N], indices of images.
    """
    count = len(labels)
    if not balanced:
        return torch.randperm(count, generator=generator)
    present = torch.nonzero(labels.bincount())[:, 0]
    shares = [count // len(present) + (number < count % len(present)) for number in range(len(present))]
    sampled = [
        _sample_class(torch.nonzero(labels == one)[:, 0], share, generator)
        for one, share in zip(present, shares, strict=True)
    ]
    return torch.cat(sampled)[torch.randperm(count, generator=generator)]


def _sample_class(images: Tensor, wanted: int, generator: torch.Generator) -> Tensor:
    """Sample with as few repetitions as possible: no image repeats before each has come once."""
    rounds = -(-wanted // len(images))
    every = [images[torch.randperm(len(images), generator=generator)] for _ in range(rounds)]
    return torch.cat(every)[:wanted]
