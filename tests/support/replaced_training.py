"""Training runs whose network is trained already."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import meadow_trainer.registry.registration
import meadow_trainer.runs.training_runs
from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.runs.pipeline import TrainedBundle
from meadow_trainer.training.callbacks import TrainingCallbacks


def replace_training(patch: pytest.MonkeyPatch, bundle: TrainedBundle) -> None:
    """Have runs report the epochs of a bundle and copy its files, instead of training."""
    patch.setattr(meadow_trainer.runs.training_runs, "train_bundle", _instead_of_training(bundle))


def _instead_of_training(bundle: TrainedBundle) -> Callable[..., TrainedBundle]:
    def train(
        _source: ImageSource, _config: TrainingConfig, folder: Path, callbacks: TrainingCallbacks, **_: object
    ) -> TrainedBundle:
        for report in bundle.reports:
            if callbacks.should_stop():
                raise TrainingCancelledError("Stopped on request.")
            callbacks.on_epoch(report)
        shutil.copytree(bundle.folder, folder, dirs_exist_ok=True)
        return dataclasses.replace(bundle, folder=folder)

    return train
