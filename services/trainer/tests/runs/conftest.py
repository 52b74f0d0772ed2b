"""Training runs on a real MLflow with its own database."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_trainer.runs.training_runs import TrainingRuns


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("home")
    shutil.copy(empty_mlflow, home / "mlflow.db")
    before = Path.cwd()
    os.chdir(home)  # MLflow puts artefacts of a database without a server under the current folder
    yield Settings(home=home, mlflow_tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
    os.chdir(before)


@pytest.fixture(scope="module")
def registry(settings: Settings) -> ModelRegistry:
    return ModelRegistry(settings)


@pytest.fixture(scope="module")
def runs(settings: Settings, registry: ModelRegistry) -> TrainingRuns:
    return TrainingRuns(settings, registry, ModelCache(settings.model_cache))
