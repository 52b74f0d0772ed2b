"""Inference through PyTorch: on CUDA where there is a device, else on the CPU."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torchvision.models import get_model

from meadow.bundle.manifest import WEIGHTS_FILE, BundleManifest


class TorchEngine:
    """The torchvision network, in channels-last; mixed precision on CUDA."""

    name = "torch"

    def __init__(self, bundle: Path, manifest: BundleManifest) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network: torch.nn.Module = get_model(manifest.architecture, weights=None, num_classes=len(manifest.classes))
        network.load_state_dict(load_file(bundle / WEIGHTS_FILE))
        self._network = network.eval().to(self._device).to(memory_format=torch.channels_last)
        # Mean and deviation of bytes rather than of fractions: one multiplication less for each pixel.
        self._mean = self._channels(manifest.preprocessing.mean) * 255
        self._std = self._channels(manifest.preprocessing.std) * 255

    def infer(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Engine.infer`."""
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, enabled=self._device.type == "cuda"),
        ):
            # NHWC bytes seen as NCHW are channels-last already.
            images = torch.from_numpy(pixels).to(self._device, non_blocking=True).permute(0, 3, 1, 2)
            logits = self._network((images - self._mean) / self._std)
        result: NDArray[np.float32] = logits.float().cpu().numpy()
        return result

    def _channels(self, values: tuple[float, float, float]) -> torch.Tensor:
        return torch.tensor(values, device=self._device).view(1, 3, 1, 1)
