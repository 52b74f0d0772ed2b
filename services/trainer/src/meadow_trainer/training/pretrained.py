"""Pretrained ImageNet weights for a torchvision network."""

import logging
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from torch import Tensor, nn
from torchvision import models

from meadow.errors import MeadowError

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 5.0


class WeightsUnavailableError(MeadowError):
    """The pretrained weights are unavailable; the message says from where and why."""


def load_pretrained(network: nn.Module, architecture: str) -> list[str]:
    """Load torchvision's default weights into a network, except for layers of another shape.

    Returns:
        Names of the tensors that stay random: the classifier's, for another number of classes.

    Raises:
        WeightsUnavailableError: There are none for this network, or the download failed.
    """
    published = list(models.get_model_weights(architecture))
    if not published:
        raise WeightsUnavailableError(f"torchvision publishes no weights for {architecture}.")
    weights: Any = models.get_model_weights(architecture).DEFAULT
    state = _fetch(weights)
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in state.items() if name in own and own[name].shape == tensor.shape}
    network.load_state_dict(fitting, strict=False)
    fresh = sorted(own.keys() - fitting.keys())
    log.info("Loaded %d pretrained tensors; randomly initialised: %s", len(fitting), ", ".join(fresh) or "none")
    return fresh


def _fetch(weights: Any) -> dict[str, Tensor]:  # noqa: ANN401 - torchvision's enums have no type information
    """Read the weights from torch's cache, or download them; only tensors are unpickled."""
    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(weights.url).path).name
    try:
        if not cached.is_file():
            # The download has no timeout: check first whether the server responds.
            request = urllib.request.Request(weights.url, method="HEAD")  # noqa: S310 - an address torchvision gives
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
                pass
        state: dict[str, Tensor] = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError, urllib.error.URLError) as error:
        raise WeightsUnavailableError(f"Could not get {weights.url} ({error}); looked for {cached}.") from error
    return state
