"""Steps whose singular values are alike, for convolutions; AdamW for the rest."""

import pytest
import torch
from torch import nn

from meadow_trainer.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(64, 27), (32, 288), (48, 48)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_singular_values_become_alike_and_directions_stay(shape: tuple[int, int], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    left, _, right = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    values = torch.logspace(0, -1, min(shape))
    result = orthogonalise(left * values @ right, dtype)
    inner = left.T @ result @ right.T
    assert result.dtype is torch.float32
    assert 0.4 < inner.diagonal().min() < inner.diagonal().max() < 1.35
    assert (inner - inner.diagonal().diag()).abs().max() < 0.05


def test_convolutions_move_by_the_rate_in_every_direction() -> None:
    convolution = nn.Conv2d(16, 8, 3, bias=False)
    before = convolution.weight.detach().clone()
    optimizer = Muon(convolution.parameters(), weight_decay=0, dtype=torch.float32)
    optimizer.param_groups[0]["lr"] = 0.1
    convolution.weight.grad = torch.randn_like(convolution.weight) * 1e-4
    optimizer.step()
    moved = torch.linalg.svdvals((convolution.weight.detach() - before).flatten(1))
    assert 0.04 < moved.min() < moved.max() < 0.14


def test_everything_else_is_trained_by_adamw() -> None:
    torch.manual_seed(0)
    ours = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 4))
    theirs = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 4))
    theirs.load_state_dict(ours.state_dict())
    optimizer = Muon(ours.parameters(), weight_decay=0.1, dtype=torch.float32)
    reference = torch.optim.AdamW(
        [
            {"params": [theirs[1].weight], "weight_decay": 0.1},
            {"params": [theirs[0].weight, theirs[0].bias, theirs[1].bias], "weight_decay": 0.0},
        ],
        lr=0.01,
    )
    for group in optimizer.param_groups:
        group["lr"] = 0.01
    for _ in range(5):
        images = torch.randn(8, 6)
        for network in (ours, theirs):
            network.zero_grad()
            (network(images) - 1).square().mean().backward()
        optimizer.step()
        reference.step()
    for name, tensor in ours.state_dict().items():
        torch.testing.assert_close(tensor, theirs.state_dict()[name], rtol=1e-4, atol=1e-5)


def test_convolutions_of_one_channel_each_are_no_matrices() -> None:
    depthwise = nn.Conv2d(8, 8, 3, groups=8, bias=False)
    groups = Muon(depthwise.parameters(), weight_decay=0, dtype=torch.float32).param_groups
    assert [len(group["params"]) for group in groups] == [0, 1, 0]
