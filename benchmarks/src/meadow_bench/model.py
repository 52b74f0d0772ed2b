"""The models that are served: real bundles, trained for moments by the trainer's own pipeline and registered by it."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from meadow.schemas.models import ModelRef
from meadow_bench import child
from meadow_core.datasets.demo import render_demo_dataset
from meadow_core.settings import Settings

PER_CLASS = 24


@dataclass(frozen=True)
class Recipe:
    """What is trained. A few passes suffice to tell images apart, which the comparison of answers needs."""

    architecture: str
    image_size: int
    epochs: int


STANDARD = Recipe("resnet18", image_size=224, epochs=4)
SMALL = Recipe("resnet18", image_size=64, epochs=6)
"""So fast that everything around it shows."""


def train_and_register(settings: Settings, recipe: Recipe, folder: Path) -> ModelRef:
    """Train a model and register it.

    Args:
        settings: Those of the stack.
        recipe: What to train.
        folder: The images to train on are drawn in it.
    """
    return child.run(_train, settings, recipe, folder)


def _train(settings: Settings, recipe: Recipe, folder: Path) -> ModelRef:
    # MLflow would announce each run in the middle of the table.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "1"
    # torch takes seconds to import and stays: only this process pays for it.
    from meadow.schemas.training_config import TrainingConfig  # noqa: PLC0415
    from meadow_core.registry.cache import ModelCache  # noqa: PLC0415
    from meadow_core.registry.versions import ModelRegistry  # noqa: PLC0415
    from meadow_trainer.data.folder_source import folder_source  # noqa: PLC0415
    from meadow_trainer.runs.training_runs import TrainingRuns  # noqa: PLC0415
    from meadow_trainer.training.callbacks import TrainingCallbacks  # noqa: PLC0415

    # MLflow sets its own level when it is imported.
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    render_demo_dataset(folder, per_class=PER_CLASS)
    config = TrainingConfig(
        architecture=recipe.architecture,
        image_size=recipe.image_size,
        epochs=recipe.epochs,
        pretrained=False,
        batch_size=8,
        augmentation=0,
        calibration="none",
    )
    runs = TrainingRuns(settings, ModelRegistry(settings), ModelCache(settings.model_cache))
    return runs.execute(folder_source(folder, max_pixels=settings.max_image_pixels), config, TrainingCallbacks()).model
