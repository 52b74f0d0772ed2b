"""Torchvision classification networks by name."""

import difflib
import logging
import warnings

import torch
from torch import Tensor, nn
from torchvision import models

from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.errors import ArchitectureError
from meadow_trainer.training.pretrained import WeightsUnavailableError, load_pretrained

log = logging.getLogger(__name__)


def build_network(config: TrainingConfig, classes: int) -> tuple[nn.Module, bool]:
    """Build the network to train.

    Args:
        config: Names the architecture and says whether pretrained weights are wanted.
        classes: Number of outputs.

    Returns:
        The network, and whether it starts from pretrained weights.

    Raises:
        ArchitectureError: There is no such network, it does not take images of the configured size, or its
            pretrained weights are required but unavailable.
    """
    network = empty_network(config.architecture, classes)
    _check_input(network, config.architecture, config.image_size, classes)
    if config.pretrained is False:
        return network, False
    try:
        load_pretrained(network, config.architecture)
    except WeightsUnavailableError as error:
        if config.pretrained is True:
            raise ArchitectureError(f"{error} Put the file there, or train with pretrained=auto.") from error
        log.warning(
            "Training %s from scratch, which needs more images for the same accuracy: %s", config.architecture, error
        )
        return network, False
    return network, True


def empty_network(architecture: str, classes: int) -> nn.Module:
    """Build a network with random weights, for a bundle's weights to be loaded into.

    Raises:
        ArchitectureError: torchvision has no classification network of this name.
    """
    known = models.list_models(module=models)
    if architecture not in known:
        close = difflib.get_close_matches(architecture.lower().replace("-", "_"), known, n=3, cutoff=0.4)
        hint = f" Did you mean {', '.join(close)}?" if close else ""
        raise ArchitectureError(f"torchvision has no classification model {architecture!r}.{hint}")
    with warnings.catch_warnings():
        # GoogLeNet and Inception announce a change of their default initialisation.
        warnings.simplefilter("ignore", FutureWarning)
        network: nn.Module = models.get_model(architecture, weights=None, num_classes=classes)
    return network.to(memory_format=torch.channels_last)


def logits_of(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    """Return the main output of networks with auxiliary outputs in training mode."""
    return output if isinstance(output, Tensor) else output[0]


def _check_input(network: nn.Module, architecture: str, size: int, classes: int) -> None:
    """Run one blank image, so that an unsupported size is reported before any work is done."""
    network.eval()
    try:
        with torch.no_grad():
            shape = tuple(network(torch.zeros(1, 3, size, size)).shape)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise ArchitectureError(f"{architecture} does not take images of {size} pixels: {error}") from error
    if shape != (1, classes):
        raise ArchitectureError(f"{architecture} outputs shape {shape} instead of {(1, classes)}.")
