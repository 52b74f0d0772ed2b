"""Inference through PyTorch: on CUDA where there is a device, else on the CPU."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torchvision import models

from meadow_core.bundle.manifest import WEIGHTS_FILE, BundleManifest
from meadow_worker.engines.base import Outputs
from meadow_worker.engines.precision import Precision


class TorchEngine:
    """The network in channels-last, with mixed precision on CUDA. One caller at a time."""

    name = "torch"

    def __init__(self, bundle: Path, manifest: BundleManifest) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._on_gpu = self._device.type == "cuda"
        self.precision = Precision.BFLOAT16 if self._on_gpu else Precision.FLOAT32
        network = _empty_network(manifest.architecture, len(manifest.classes))
        network.load_state_dict(load_file(bundle / WEIGHTS_FILE))
        self._network = network.eval().to(self._device).to(memory_format=torch.channels_last)
        self._embeddings: torch.Tensor | None = None
        if manifest.classifier is not None:
            self._network.get_submodule(manifest.classifier).register_forward_pre_hook(self._keep_embeddings)
        # Mean and deviation of bytes rather than of fractions: one multiplication less for each pixel.
        self._mean = self._channels(manifest.preprocessing.mean) * 255
        self._std = self._channels(manifest.preprocessing.std) * 255
        self._staging = torch.empty(0, dtype=torch.uint8)

    def infer(self, pixels: NDArray[np.uint8]) -> Outputs:
        """See `Engine.infer`."""
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=self._on_gpu),
        ):
            # NHWC bytes seen as NCHW are channels-last already.
            images = self._moved(torch.from_numpy(pixels)).permute(0, 3, 1, 2)
            logits = self._network((images - self._mean) / self._std)
        embeddings, self._embeddings = self._embeddings, None
        return Outputs(_on_host(logits), None if embeddings is None else _on_host(embeddings))

    def _keep_embeddings(self, _: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        """Keep what the last layer is given, averaged over places where there are any."""
        features = inputs[0]
        if features.ndim == 4:  # noqa: PLR2004 - a map: [N, D, height, width]
            features = features.mean(dim=(2, 3))
        elif features.ndim > 2:  # noqa: PLR2004 - [N, places, D]
            features = features.mean(dim=tuple(range(1, features.ndim - 1)))
        self._embeddings = features

    def _moved(self, images: torch.Tensor) -> torch.Tensor:
        """Bring images to the device, on CUDA through page-locked memory: from there the copy needs no processor."""
        if not self._on_gpu:
            return images
        if self._staging.shape[1:] != images.shape[1:] or len(self._staging) < len(images):
            self._staging = torch.empty_like(images, pin_memory=True)
        staged = self._staging[: len(images)].copy_(images)
        return staged.to(self._device, non_blocking=True)

    def _channels(self, values: tuple[float, float, float]) -> torch.Tensor:
        return torch.tensor(values, device=self._device).view(1, 3, 1, 1)


def _on_host(tensor: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.float().cpu().numpy()
    return array


def _empty_network(architecture: str, classes: int) -> torch.nn.Module:
    """Build a network as the trainer does: torchvision's where it has one of this name, else timm's."""
    if architecture in models.list_models(module=models):
        network: torch.nn.Module = models.get_model(architecture, weights=None, num_classes=classes)
        return network
    import timm  # noqa: PLC0415 - half a second, for those who need it

    return timm.create_model(architecture, pretrained=False, num_classes=classes)
