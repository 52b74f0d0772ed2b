"""Training state: everything that changes during training, for checkpoints.

Resuming on the same machine gives bit-identical weights to an uninterrupted training: the order of the
images, every random state and the optimizer's moments are part of it.
"""

import dataclasses
import time
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from meadow_trainer.training.callbacks import EpochReport
from meadow_trainer.training.early_stopping import EarlyStopping
from meadow_trainer.training.schedule import Schedule
from meadow_trainer.training.snapshot import Snapshot

_NETWORK, _AVERAGE, _BEST, _OPTIMIZER, _RNG = "network.", "average.", "best.", "optimizer.", "chance."


@dataclass
class TrainingState:
    """State of one training."""

    network: nn.Module
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    """Of sampling and augmentation."""
    schedule: Schedule
    best: EarlyStopping
    epoch: int = 1
    """Current epoch, counted from 1."""
    step: int = 0
    """Completed steps of this epoch."""
    order: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    """int64 [N]: the images in the order of this epoch; empty before its first step."""
    rate: float = 0.0
    """Learning rate of the last step."""
    loss: float = 0.0
    """Mean loss of this epoch so far."""
    reports: list[EpochReport] = field(default_factory=list)
    finished: bool = False
    """Whether the network has its final weights."""
    _earlier_seconds: float = 0.0
    """Training time of earlier attempts."""
    _began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Training time, including earlier attempts."""
        return self._earlier_seconds + time.monotonic() - self._began

    def snapshot(self) -> Snapshot:
        """Return a snapshot; of a finished training, only its result."""
        tensors = _prefixed(_NETWORK, self.network.state_dict()) | _rng_state()
        metadata: dict[str, Any] = {
            "finished": self.finished,
            "seconds": self.seconds,
            "reports": [dataclasses.asdict(report) for report in self.reports],
        }
        if self.finished:
            return Snapshot(tensors, metadata)
        tensors |= _prefixed(_AVERAGE, self.average.state_dict()) | _prefixed(_BEST, self.best.tensors)
        moments = self.optimizer.state_dict()["state"]
        for index, values in moments.items():
            tensors |= _prefixed(f"{_OPTIMIZER}{index}.", values)
        tensors |= {f"{_RNG}generator": self.generator.get_state(), "order": self.order}
        metadata |= {"epoch": self.epoch, "step": self.step, "rate": self.rate, "loss": self.loss}
        metadata |= {"schedule": self.schedule.state(), "best": self.best.metadata()}
        return Snapshot(tensors, metadata)

    def restore(self, saved: Snapshot) -> None:
        """Restore a snapshot."""
        tensors, metadata = saved.tensors, saved.metadata
        self.network.load_state_dict(_without(_NETWORK, tensors))
        self.reports = [EpochReport(**report) for report in metadata["reports"]]
        self.finished = metadata["finished"]
        self._earlier_seconds, self._began = metadata["seconds"], time.monotonic()
        _restore_rng(tensors)
        if self.finished:
            return
        self.average.load_state_dict(_without(_AVERAGE, tensors))
        self._restore_optimizer(_without(_OPTIMIZER, tensors))
        self.generator.set_state(tensors[f"{_RNG}generator"])
        self.order = tensors["order"]
        self.epoch, self.step = metadata["epoch"], metadata["step"]
        self.rate, self.loss = metadata["rate"], metadata["loss"]
        self.best.restore(metadata["best"], _without(_BEST, tensors))
        self.schedule.restore(metadata["schedule"], seconds=self._earlier_seconds)

    def _restore_optimizer(self, tensors: dict[str, Tensor]) -> None:
        parameters = [one for group in self.optimizer.param_groups for one in group["params"]]
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            index, _, key = name.partition(".")
            like = parameters[int(index)]
            # Moments must share their weights' memory layout, or sums are computed in another order.
            fitting = torch.empty_like(like).copy_(tensor) if tensor.shape == like.shape else tensor
            moments.setdefault(int(index), {})[key] = fitting
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def _without(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _rng_state() -> dict[str, Tensor]:
    """Return the state of the global generators, which layers such as dropout use."""
    states = {f"{_RNG}cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states[f"{_RNG}cuda"] = torch.cuda.get_rng_state()
    return states


def _restore_rng(tensors: dict[str, Tensor]) -> None:
    torch.set_rng_state(tensors[f"{_RNG}cpu"])
    if torch.cuda.is_available() and f"{_RNG}cuda" in tensors:
        torch.cuda.set_rng_state(tensors[f"{_RNG}cuda"])
