"""Classification networks by name: torchvision's, and all others from timm."""

import difflib
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models

from meadow_trainer.data.normalise import Normalisation, set_normalisation
from meadow_trainer.errors import ArchitectureError

LITE0 = "tf_efficientnet_lite0"
"""EfficientNet-Lite0, whose pretrained weights are a dependency of the trainer."""
_OF_BYTES = Normalisation(mean=(127 / 255,) * 3, std=(128 / 255,) * 3)
"""EfficientNet-Lite's: (byte - 127) / 128."""


def empty_network(architecture: str, classes: int) -> nn.Module:
    """Build a network with random weights, for a bundle's weights to be loaded into.

    A name that both libraries have is torchvision's; `resnet18.a1_in1k` is timm's.

    Raises:
        ArchitectureError: Neither torchvision nor timm has a classification network of this name.
    """
    if is_torchvision(architecture):
        with warnings.catch_warnings():
            # GoogLeNet and Inception announce a change of their default initialisation.
            warnings.simplefilter("ignore", FutureWarning)
            network: nn.Module = models.get_model(architecture, weights=None, num_classes=classes)
    elif timm().is_model(architecture):
        network = timm().create_model(architecture, pretrained=False, num_classes=classes)
        set_normalisation(network, _timm_normalisation(architecture, network))
    else:
        raise ArchitectureError(
            f"torchvision and timm have no classification model {architecture!r}.{_hint(architecture)}"
        )
    return network.to(memory_format=torch.channels_last)


def is_torchvision(architecture: str) -> bool:
    """Return whether torchvision has a classification network of this name."""
    return architecture in models.list_models(module=models)


def timm() -> Any:  # noqa: ANN401 - a module
    """Import timm: half a second, for those who need it."""
    import timm as library  # noqa: PLC0415 - see above

    return library


def logits_of(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    """Return the main output of networks with auxiliary outputs in training mode."""
    return output if isinstance(output, Tensor) else output[0]


def _timm_normalisation(architecture: str, network: nn.Module) -> Normalisation:
    if architecture == LITE0:
        return _OF_BYTES
    published: dict[str, Any] = getattr(network, "pretrained_cfg", {})
    default = Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    mean, std = published.get("mean", default.mean), published.get("std", default.std)
    return Normalisation(mean=(mean[0], mean[1], mean[2]), std=(std[0], std[1], std[2]))


def _hint(architecture: str) -> str:
    known = [*models.list_models(module=models), *timm().list_models()]
    close = difflib.get_close_matches(architecture.lower().replace("-", "_"), known, n=3, cutoff=0.4)
    return f" Did you mean {', '.join(close)}?" if close else ""
