"""Normalisation with the mean and standard deviation that a network expects, in training and in the graph alike."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch
from torch import Tensor, nn

from meadow_core.bundle.preprocess import Preprocessing

Channels: TypeAlias = tuple[float, float, float]

_ATTRIBUTE = "meadow_normalisation"


class Constants(Protocol):
    """Mean and standard deviation of each colour, for values between 0 and 1: of a network, or of a bundle."""

    @property
    def mean(self) -> Channels:
        """Subtracted."""

    @property
    def std(self) -> Channels:
        """Divided by."""


@dataclass(frozen=True)
class Normalisation:
    """The normalisation that a network was or will be trained with."""

    mean: Channels
    std: Channels


_DEFAULT = Normalisation(mean=Preprocessing(size=224).mean, std=Preprocessing(size=224).std)


def set_normalisation(network: nn.Module, normalisation: Normalisation) -> None:
    """Attach a normalisation to a network; copies of the network keep it."""
    setattr(network, _ATTRIBUTE, normalisation)


def normalisation_of(network: nn.Module) -> Normalisation:
    """Return a network's normalisation; torchvision's where none was attached."""
    found = getattr(network, _ATTRIBUTE, None)
    return found if isinstance(found, Normalisation) else _DEFAULT


def preprocessing_of(network: nn.Module, size: int) -> Preprocessing:
    """Return how images become a network's input of `size` pixels a side, as its bundle records it."""
    constants = normalisation_of(network)
    return Preprocessing(size=size, mean=constants.mean, std=constants.std)


def normalise(images: Tensor, constants: Constants = _DEFAULT) -> Tensor:
    """Normalise colours.

    Args:
        images: float32 [N, 3, H, W] between 0 and 1.
        constants: Mean and standard deviation; torchvision's when left out.
    """
    mean = torch.tensor(constants.mean, device=images.device)[:, None, None]
    std = torch.tensor(constants.std, device=images.device)[:, None, None]
    return (images - mean) / std
