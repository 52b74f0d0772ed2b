"""The optimizer that networks are trained with from scratch: Muon for the convolutions, AdamW for all else.

Muon (Jordan et al. 2024) takes momentum's step with all its singular values made about equal, so that directions in
which few images pull count as much as those in which most do. With a few hundred images there are only a few hundred
steps, and each goes further that way than with AdamW, for about half as much time again.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

_MOMENTUM = 0.9
_ADAM_SHARE = 0.05
"""Rate of all that AdamW trains, for each unit of Muon's."""
_BETAS = (0.9, 0.999)
_SMALL = 1e-8
_ITERATION = (3.4445, -4.7750, 2.0315)
"""Coefficients of an odd polynomial that takes any singular value between 0.05 and 1 to between 0.5 and 1.2."""
_ITERATIONS = 5
_MATRIX = 4
"""Dimensions of a convolution's weight, which is a matrix of outputs by everything else."""


class Muon(torch.optim.Optimizer):
    """Muon for weights of convolutions across channels, AdamW for every other parameter.

    Each group has a `share`: its rate is that share of the rate that is set for all.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], *, weight_decay: float, dtype: torch.dtype) -> None:
        """Sort the parameters.

        Args:
            parameters: Of the network, those to train.
            weight_decay: Of the weights; biases and the scales of norms have none.
            dtype: What the matrices are multiplied in.
        """
        every = list(parameters)
        crossing = [one for one in every if one.ndim == _MATRIX and one.shape[1] > 1]
        others = [one for one in every if not (one.ndim == _MATRIX and one.shape[1] > 1)]
        super().__init__(
            [
                {"params": crossing, "share": 1.0, "weight_decay": weight_decay, "muon": True},
                {"params": [one for one in others if one.ndim > 1], "share": _ADAM_SHARE, "weight_decay": weight_decay},
                {"params": [one for one in others if one.ndim <= 1], "share": _ADAM_SHARE, "weight_decay": 0.0},
            ],
            {"lr": 0.0, "muon": False},
        )
        self._dtype = dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take a step along the gradients that are there."""
        del closure
        for group in self.param_groups:
            update = self._muon if group["muon"] else self._adam
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    update(parameter, parameter.grad, self.state[parameter], group["lr"])

    def _muon(self, parameter: Tensor, gradient: Tensor, memory: dict[str, Any], rate: float) -> None:
        if not memory:
            memory["momentum"] = torch.zeros_like(parameter)
        momentum = memory["momentum"].lerp_(gradient, 1 - _MOMENTUM)
        # Nesterov: looks a step ahead along the momentum.
        ahead = gradient.lerp(momentum, _MOMENTUM).permute(0, 2, 3, 1)  # as channels last lie in memory: no copy
        direction = orthogonalise(ahead.flatten(1), self._dtype)
        outputs, inputs = direction.shape
        step = direction.view(ahead.shape).permute(0, 3, 1, 2)
        parameter.add_(step, alpha=-rate * max(1.0, outputs / inputs) ** 0.5)

    def _adam(self, parameter: Tensor, gradient: Tensor, memory: dict[str, Any], rate: float) -> None:
        if not memory:
            memory["step"] = torch.zeros(())
            memory["mean"], memory["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        memory["step"] += 1
        step = float(memory["step"])
        mean = memory["mean"].lerp_(gradient, 1 - _BETAS[0]).div(1 - _BETAS[0] ** step)
        square = memory["square"].lerp_(gradient.square(), 1 - _BETAS[1]).div(1 - _BETAS[1] ** step)
        parameter.addcdiv_(mean, square.sqrt_().add_(_SMALL), value=-rate)


def orthogonalise(matrix: Tensor, dtype: torch.dtype) -> Tensor:
    """Make all singular values about equal to 1 (Newton and Schulz's iteration), leaving the directions.

    Args:
        matrix: float32 [M, N].
        dtype: What is multiplied in; bfloat16 is exact enough.

    Returns:
        float32 [M, N].
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = (wide / (wide.norm() + _SMALL)).to(dtype)
    # Every iterate is a square matrix times the first one, and the square ones are far smaller.
    gram = wide @ wide.T
    product = factor = _factor(gram)
    for _ in range(_ITERATIONS - 1):
        gram = factor @ gram @ factor
        factor = _factor(gram)
        product = factor @ product
    result: Tensor = (product @ wide).float()
    return result if matrix.shape[0] <= matrix.shape[1] else result.T


def _factor(gram: Tensor) -> Tensor:
    """Return what one iteration multiplies by."""
    linear, cubic, quintic = _ITERATION
    factor: Tensor = quintic * (gram @ gram) + cubic * gram
    factor.diagonal().add_(linear)
    return factor
