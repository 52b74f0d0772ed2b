"""The network to train: built by its name, from pretrained weights or from scratch."""

import logging
from pathlib import Path

import torch
from torch import nn

from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.errors import ArchitectureError
from meadow_trainer.training.architectures import empty_network, logits_of
from meadow_trainer.training.pretrained import WeightsUnavailableError, load_pretrained, load_weights_file

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
            pretrained weights are required but unavailable; a named file of weights is always required.
    """
    network = empty_network(config.architecture, classes)
    _check_input(network, config.architecture, config.image_size, classes)
    if config.pretrained is False:
        return network, False
    try:
        if config.weights:
            load_weights_file(network, Path(config.weights))
        else:
            load_pretrained(network, config.architecture)
    except WeightsUnavailableError as error:
        if config.weights:
            raise ArchitectureError(str(error)) from error
        if config.pretrained is True:
            raise ArchitectureError(f"{error} Name a file (weights=FILE), or train with pretrained=auto.") from error
        log.warning(
            "Training %s from scratch, which needs more images for the same accuracy: %s", config.architecture, error
        )
        return network, False
    return network, True


def _check_input(network: nn.Module, architecture: str, size: int, classes: int) -> None:
    """Run one blank image, so that an unsupported size is reported before any work is done."""
    network.eval()
    try:
        with torch.no_grad():
            shape = tuple(logits_of(network(torch.zeros(1, 3, size, size))).shape)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise ArchitectureError(f"{architecture} does not take images of {size} pixels: {error}") from error
    if shape != (1, classes):
        raise ArchitectureError(f"{architecture} outputs shape {shape} instead of {(1, classes)}.")
