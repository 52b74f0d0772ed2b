"""Runs that are killed, and runs whose MLflow is away."""

import dataclasses
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import pytest
import sqlalchemy

from meadow.schemas.training_config import TrainingConfig
from meadow_core.bundle.manifest import write_manifest
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_core.settings import Settings
from meadow_trainer.data.source import ImageSource
from meadow_trainer.runs.pipeline import TrainedBundle
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks
from mlflow_warnings import MLFLOW_WARNINGS
from replaced_training import replace_training

pytestmark = MLFLOW_WARNINGS

CONFIG = TrainingConfig(architecture="resnet18")


def test_run_killed_during_registration_resumes_with_same_version(
    settings: Settings, stripes_source: ImageSource, trained: TrainedBundle, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    other = settings.model_copy(update={"registered_model": "killed"})
    registry = ModelRegistry(other)
    runs = TrainingRuns(other, registry, ModelCache(tmp_path / "cache"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        replace_training(patch, trained)
        patch.setattr(registry, "record_decision", die)
        with pytest.raises(KeyboardInterrupt):
            runs.execute(stripes_source, CONFIG, TrainingCallbacks(), checkpoints=tmp_path / "checkpoints")
    (undecided,) = registry.versions()
    assert undecided.decision == ""

    # The next attempt exports the same network again, into a bundle that says when.
    folder = Path(shutil.copytree(trained.folder, tmp_path / "again"))
    later = trained.manifest.model_copy(update={"created_at": datetime.now(UTC)})
    again = dataclasses.replace(trained, folder=folder, manifest=later, digest=write_manifest(folder, later))
    assert again.digest != trained.digest
    replace_training(monkeypatch, again)
    result = runs.execute(stripes_source, CONFIG, TrainingCallbacks(), checkpoints=tmp_path / "checkpoints")
    assert (result.decision, result.run_id, result.model) == ("promoted", undecided.run_id, undecided.ref)
    (version,) = registry.versions()
    assert version.decision == "promoted"

    # Killed once more, before the job was answered: what is in production is not compared with itself.
    assert (
        runs.execute(stripes_source, CONFIG, TrainingCallbacks(), checkpoints=tmp_path / "checkpoints").decision
        == "promoted"
    )
    assert len(registry.versions()) == len(registry.promotions()) == 1


@pytest.fixture
def soon_locked() -> Iterator[None]:
    """MLflow waits 20 seconds, in each call, for a database that is locked: here a fifth of a second."""

    def shorten(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> object:
        return statement.replace("busy_timeout = 20000", "busy_timeout = 200"), parameters

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", shorten, retval=True)
    yield
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", shorten)


@pytest.mark.usefixtures("soon_locked")
def test_run_survives_temporarily_unavailable_mlflow(
    tmp_path: Path, empty_mlflow: Path, stripes_source: ImageSource, trained: TrainedBundle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Its database is locked from the first epoch until the run waits to register its model."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_mlflow, tmp_path / "mlflow.db")
    # Each epoch of the outage takes seconds, in which MLflow tries again.
    short = dataclasses.replace(trained, trained=dataclasses.replace(trained.trained, reports=trained.reports[:4]))
    replace_training(monkeypatch, short)
    settings = Settings(home=tmp_path, mlflow_tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    registry = ModelRegistry(settings)
    lock = sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)
    stages: list[str] = []

    def on_epoch(report: EpochReport) -> None:
        if report.epoch == 1:
            lock.execute("BEGIN EXCLUSIVE")

    def on_stage(words: str) -> None:
        stages.append(words)
        if words.startswith("waiting for MLflow"):
            lock.execute("ROLLBACK")

    runs = TrainingRuns(settings, registry, ModelCache(settings.model_cache), wait_for_registry=60)
    try:
        result = runs.execute(stripes_source, CONFIG, TrainingCallbacks(on_stage=on_stage, on_epoch=on_epoch))
    finally:
        lock.close()
    assert result.decision == "promoted"
    assert sum(words.startswith("waiting for MLflow") for words in stages) == 1
    history = mlflow.MlflowClient(settings.mlflow_tracking_uri).get_metric_history(result.run_id, "loss")
    assert [one.step for one in history] == [one.epoch for one in short.reports], "those of the outage too"


def test_unavailable_registry_is_reported_before_training(stripes_source: ImageSource, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, mlflow_tracking_uri="http://127.0.0.1:9")
    down = TrainingRuns(settings, ModelRegistry(settings), ModelCache(settings.model_cache))
    seen: list[str] = []
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:9"):
        down.execute(stripes_source, CONFIG, TrainingCallbacks(on_stage=seen.append))
    assert seen == []
