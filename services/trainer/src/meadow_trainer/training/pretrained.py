"""Pretrained weights: from the package, from a file, or from where torchvision and timm publish theirs."""

import logging
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models

from meadow.errors import MeadowError
from meadow_trainer.training.architectures import LITE0, is_torchvision, timm
from meadow_trainer.training.packaged_weights import PackagedWeightsError, read_packaged_weights

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 5.0
_CLASSIFIER_TENSORS = 2
"""Weight and bias of the last layer, whose shape follows from the number of classes."""
_NESTED = ("state_dict", "model")
"""Entries of a checkpoint that hold its weights."""
_FEWEST_FITTING = 0.9
"""Share of a network's tensors that a file has to hold: with fewer it is another network's."""


class WeightsUnavailableError(MeadowError):
    """The pretrained weights are unavailable; the message says from where and why."""


def load_pretrained(network: nn.Module, architecture: str) -> list[str]:
    """Load the published ImageNet weights into a network, except for layers of another shape.

    Returns:
        Names of the tensors that stay random: the classifier's, for another number of classes.

    Raises:
        WeightsUnavailableError: There are none for this network, or the download failed.
    """
    if architecture == LITE0:
        try:
            return _load_in_order(network, read_packaged_weights())
        except PackagedWeightsError as error:
            raise WeightsUnavailableError(str(error)) from error
    if is_torchvision(architecture):
        return _load_by_name(network, _torchvision_state(architecture))
    return _load_by_name(network, _timm_state(architecture, network))


def load_weights_file(network: nn.Module, path: Path) -> list[str]:
    """Load weights from a file of safetensors, or of tensors that `torch.save` wrote; no code in it is executed.

    The tensors are found by their names or, where none is known, taken in the order of the network's own.

    Returns:
        Names of the tensors that stay random.

    Raises:
        WeightsUnavailableError: The file cannot be read, or holds the weights of another network.
    """
    state = _read_file(path)
    own = network.state_dict()
    if not own.keys() & state.keys() and len(own) == len(state):
        return _load_in_order(network, state)
    fitting = [name for name, tensor in state.items() if name in own and own[name].shape == tensor.shape]
    if len(fitting) < _FEWEST_FITTING * len(own):
        raise WeightsUnavailableError(f"{path} is of another network: {len(fitting)} of {len(own)} tensors fit.")
    return _load_by_name(network, state)


def _read_file(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what a damaged file leads to is an open set
        raise WeightsUnavailableError(f"Could not read weights from {path}: {type(error).__name__}.") from error
    for name in _NESTED:
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            found = found[name]
    if not isinstance(found, dict) or not all(isinstance(one, Tensor) for one in found.values()):
        raise WeightsUnavailableError(f"{path} holds no tensors by name.")
    return found


def _load_by_name(network: nn.Module, state: dict[str, Tensor]) -> list[str]:
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in state.items() if name in own and own[name].shape == tensor.shape}
    return _load(network, fitting)


def _load_in_order(network: nn.Module, state: dict[str, Tensor]) -> list[str]:
    """Load tensors whose names are another library's, but whose order is the network's."""
    own = network.state_dict()
    pairs = list(zip(own.items(), state.values(), strict=False))
    fitting = {name: tensor for (name, mine), tensor in pairs if mine.shape == tensor.shape}
    if len(own) != len(state) or len(fitting) < len(own) - _CLASSIFIER_TENSORS:
        raise WeightsUnavailableError(f"These are another network's: {len(fitting)} of {len(own)} tensors fit.")
    return _load(network, fitting)


def _load(network: nn.Module, fitting: dict[str, Tensor]) -> list[str]:
    network.load_state_dict(fitting, strict=False)
    fresh = sorted(network.state_dict().keys() - fitting.keys())
    log.info("Loaded %d pretrained tensors; randomly initialised: %s", len(fitting), ", ".join(fresh) or "none")
    return fresh


def _torchvision_state(architecture: str) -> dict[str, Tensor]:
    published = list(models.get_model_weights(architecture))
    if not published:
        raise WeightsUnavailableError(f"torchvision publishes no weights for {architecture}.")
    return _fetch(models.get_model_weights(architecture).DEFAULT)


def _timm_state(architecture: str, network: nn.Module) -> dict[str, Tensor]:
    """Have timm download its weights, after a look whether their address answers: timm itself would wait for long."""
    published: dict[str, Any] = getattr(network, "pretrained_cfg", {})
    url = published.get("url") or ""
    if published.get("hf_hub_id"):
        from huggingface_hub import hf_hub_url  # noqa: PLC0415 - takes long to import

        url = hf_hub_url(published["hf_hub_id"], published.get("hf_hub_filename") or "model.safetensors")
    if not url:
        raise WeightsUnavailableError(f"timm publishes no weights for {architecture}.")
    try:
        _check_reachable(url)
        state: dict[str, Tensor] = timm().create_model(architecture, pretrained=True).state_dict()
    except Exception as error:  # whatever the download, the hub's client or timm raises
        raise WeightsUnavailableError(f"Could not get {url} ({error}).") from error
    return state


def _fetch(weights: Any) -> dict[str, Tensor]:  # noqa: ANN401 - torchvision's enums have no type information
    """Read the weights from torch's cache, or download them; only tensors are unpickled."""
    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(weights.url).path).name
    try:
        if not cached.is_file():
            # The download has no timeout.
            _check_reachable(weights.url)
        state: dict[str, Tensor] = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError, urllib.error.URLError) as error:
        raise WeightsUnavailableError(f"Could not get {weights.url} ({error}); looked for {cached}.") from error
    return state


def _check_reachable(url: str) -> None:
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - an address that torchvision or timm gives
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        pass
