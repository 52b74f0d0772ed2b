"""Embedding of an image: what the last layer of a network turns into logits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from meadow_trainer.training.architectures import logits_of


def classifier_of(network: nn.Module) -> tuple[str, nn.Linear | nn.Conv2d]:
    """Return the layer that outputs the logits, with its name in the network.

    Raises:
        ValueError: The network has no such layer.
    """
    layers = [(name, one) for name, one in network.named_modules() if isinstance(one, nn.Linear | nn.Conv2d)]
    if not layers:
        raise ValueError(f"{type(network).__name__} has no layer that outputs logits.")
    # Of timm's networks some have layers after it that only training needs; torchvision's end with it.
    asked: Any = getattr(network, "get_classifier", lambda: None)()
    return next(((name, one) for name, one in layers if one is asked), layers[-1])


@contextmanager
def tapped(network: nn.Module) -> Iterator[list[Tensor]]:
    """Record the input of the classifier while a network runs.

    Yields:
        A list whose last element is the embedding of the last batch, [N, D], averaged over places where there are any.
    """
    seen: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen[:] = [pooled(inputs[0])]

    _, classifier = classifier_of(network)
    handle = classifier.register_forward_pre_hook(keep)
    try:
        yield seen
    finally:
        handle.remove()


def with_embedding(network: nn.Module, images: Tensor, seen: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Run a tapped network on normalised images.

    Returns:
        Logits [N, classes] and embeddings [N, D].
    """
    logits = logits_of(network(images))
    return logits, seen[-1]


def pooled(features: Tensor) -> Tensor:
    """Average features over places: [N, D] of [N, D], [N, D, H, W] or [N, places, D]."""
    if features.ndim == 4:  # noqa: PLR2004 - a map of features
        return features.mean(dim=(2, 3))
    return features if features.ndim == 2 else features.mean(dim=tuple(range(1, features.ndim - 1)))  # noqa: PLR2004


def set_classifier(network: nn.Module, weight: Tensor, bias: Tensor) -> None:
    """Give the last layer other weights.

    Args:
        network: Ends with a linear layer, or with a convolution of one pixel.
        weight: [classes, D].
        bias: [classes].

    Raises:
        ValueError: The layer has no bias, or other numbers of features or classes.
    """
    name, layer = classifier_of(network)
    own = layer.weight
    if layer.bias is None or own.numel() != weight.numel() or own.shape[:2] != weight.shape:
        raise ValueError(f"Layer {name} of shape {tuple(own.shape)} does not take weights of {tuple(weight.shape)}.")
    with torch.no_grad():
        own.copy_(weight.reshape(own.shape))
        layer.bias.copy_(bias)
