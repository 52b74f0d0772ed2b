"""What a training gives before it is exported, whichever way it was trained."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from torch import nn

from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.preprocess import Preprocessing
from meadow_trainer.calibration.calibrate import Calibrated
from meadow_trainer.data.loader import EvaluationImages, ImageLoader
from meadow_trainer.data.source import ImageSource
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from meadow_trainer.training.checkpoints import Checkpoints
from meadow_trainer.training.embedded_images import EmbeddedImages
from meadow_trainer.training.features import FeatureExtractor
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
    """Folder of cached features; None keeps them for this run only."""
    left_out: set[str] = field(default_factory=set)
    """Digests of training images that the hold-out has a near duplicate of: the audit finds them before training."""

    @cached_property
    def features(self) -> FeatureExtractor:
        """Computes features with the network as it is at the start."""
        return FeatureExtractor(self.network.eval(), self.preprocessing, self.loader, self.device, self.cache)


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
    images: EvaluationImages
    """Training images as the model sees them, or some of very many."""
    embedded: EmbeddedImages | None
    """All training images, by a network that was not trained on them; None where it was."""
    metrics: dict[str, float]
    """What only this method measures."""
