"""Recalibrated batch-norm statistics."""

import torch
from torch import nn

from meadow_trainer.training.batch_norm import recalibrate


def test_recalibrated_statistics_match_images() -> None:
    images = torch.randn(64, 3, 8, 8) * 2 + 5
    norm = nn.BatchNorm2d(3, momentum=0.01)
    network = nn.Sequential(norm)
    recalibrate(network, [images[:32], images[32:]])
    torch.testing.assert_close(norm.running_mean, images.mean((0, 2, 3)), atol=1e-3, rtol=0)
    torch.testing.assert_close(norm.running_var, images.var((0, 2, 3)), atol=0.1, rtol=0)


def test_recalibration_restores_momentum_and_evaluation_mode() -> None:
    network = nn.Sequential(nn.BatchNorm2d(3, momentum=0.01), nn.Dropout())
    recalibrate(network, [torch.randn(4, 3, 2, 2)])
    assert not any(module.training for module in network.modules())
    assert isinstance(network[0], nn.BatchNorm2d)
    assert network[0].momentum == 0.01


def test_network_without_batch_norm_is_unchanged() -> None:
    layer = nn.Linear(2, 2)
    before = layer.weight.clone()
    recalibrate(nn.Sequential(layer), [])
    assert torch.equal(layer.weight, before)
