"""Early stopping: keeps the weights with the best validation loss, and ends training without improvement."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass
class EarlyStopping:
    """The best averaged weights so far."""

    patience: int | None
    """Epochs without improvement after which training ends; None never ends it."""
    loss: float = float("inf")
    """Best validation loss."""
    epoch: int = 0
    """Epoch of the best loss; 0 before the first."""
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def update(self, epoch: int, loss: float, tensors: dict[str, Tensor]) -> bool:
        """Record an epoch; the best weights so far are copied.

        Returns:
            Whether training should end, because the patience has run out.
        """
        if loss < self.loss:
            self.loss, self.epoch = loss, epoch
            self.tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        return self.patience is not None and epoch - self.epoch >= self.patience

    def metadata(self) -> dict[str, Any]:
        """Return what a checkpoint stores besides the tensors."""
        return {"loss": self.loss, "epoch": self.epoch} if self.epoch else {}

    def restore(self, metadata: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Restore the state from a checkpoint."""
        if metadata:
            self.loss, self.epoch, self.tensors = metadata["loss"], metadata["epoch"], tensors
