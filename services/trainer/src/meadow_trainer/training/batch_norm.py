"""Batch-norm recalibration: exact statistics for the finished network."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def recalibrate(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Replace the running statistics by averages over images without augmentation, at the served size.

    Running statistics lag behind the weights (MobileNet and EfficientNet average over hundreds of steps, more than a
    small data set has) and were gathered on augmented, smaller views. Without this, such networks can be near chance
    on their own training images.

    Args:
        network: Changed in place and left in evaluation mode. Networks without batch norm stay as they are.
        batches: float32 [N, 3, H, W] each, normalised.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    network.eval()
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a cumulative average over the batches
        norm.train()
    for batch in batches:
        network(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()
