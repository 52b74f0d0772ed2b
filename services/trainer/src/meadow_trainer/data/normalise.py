"""Normalisation with the bundle's mean and standard deviation, in training and in the exported graph alike."""

import torch
from torch import Tensor

from meadow_core.bundle.preprocess import Preprocessing


def normalise(images: Tensor, preprocessing: Preprocessing | None = None) -> Tensor:
    """Normalise colours.

    Args:
        images: float32 [N, 3, H, W] between 0 and 1.
        preprocessing: Holds mean and standard deviation; the default's when left out.
    """
    constants = preprocessing or Preprocessing(size=224)
    mean = torch.tensor(constants.mean, device=images.device)[:, None, None]
    std = torch.tensor(constants.std, device=images.device)[:, None, None]
    return (images - mean) / std
