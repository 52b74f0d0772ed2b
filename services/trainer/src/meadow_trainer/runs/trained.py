"""What a training gives before it is exported, whichever way it was trained."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.calibration.calibrate import Calibrated
from meadow_trainer.data.loader import ImageLoader
from meadow_trainer.data.source import ImageSource
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoints
from meadow_trainer.training.head import HeadRecipe
from meadow_trainer.training.recipe import Recipe

Method: TypeAlias = Literal["frozen", "finetuned"]


@dataclass(frozen=True)
class Start:
    """What a training starts from."""

    source: ImageSource
    config: TrainingConfig
    loader: ImageLoader
    network: nn.Module
    pretrained: bool
    preprocessing: Preprocessing
    device: torch.device
    callbacks: TrainingCallbacks
    checkpoints: Checkpoints | None
    cache: Path | None
    """Folder of cached features; None keeps none."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with its calibration, and the record of how it came about."""

    network: nn.Module
    calibrated: Calibrated
    method: Method
    reason: str
    """Why it was trained this way."""
    recipe: Recipe | HeadRecipe
    reports: tuple[EpochReport, ...]
    """One an epoch; none for a frozen network."""
    plain: NDArray[np.uint8]
    """[N, size, size, 3]: training images as the model sees them, or some of very many."""
    metrics: dict[str, float]
    """What only this method measures."""
