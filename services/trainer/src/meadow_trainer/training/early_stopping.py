"""Keeping the weights that were best on the validation images, and noticing that they do not get better."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass
class EarlyStopping:
    """The best of the averages that one training has come by."""

    patience: int | None
    """Epochs without an improvement after which it is enough; None waits for ever."""
    loss: float = float("inf")
    """On the validation images, of the best."""
    epoch: int = 0
    """In which it was; 0 before the first."""
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def update(self, epoch: int, loss: float, tensors: dict[str, Tensor]) -> bool:
        """Take note of an epoch; weights that are the best so far are copied.

        Returns:
            Whether the training should end, because the best is too long ago.
        """
        if loss < self.loss:
            self.loss, self.epoch = loss, epoch
            self.tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        return self.patience is not None and epoch - self.epoch >= self.patience

    def metadata(self) -> dict[str, Any]:
        """Return what a checkpoint keeps beside the tensors."""
        return {"loss": self.loss, "epoch": self.epoch} if self.epoch else {}

    def restore(self, metadata: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Go back to what a checkpoint kept."""
        if metadata:
            self.loss, self.epoch, self.tensors = metadata["loss"], metadata["epoch"], tensors
