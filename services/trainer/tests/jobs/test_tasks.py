"""Outcomes of a training job: succeeded, failed, not claimed, or released."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.explanations import Explanation
from meadow.schemas.jobs import JobError, JobResult
from meadow.schemas.label_suspects import LabelSuspects
from meadow.schemas.models import ModelRef
from meadow.schemas.training import TrainingCause, TrainingRequest, TrainingResult
from meadow.schemas.training_config import TrainingConfig
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.suspects import LabelSuspectLists
from meadow_core.jobs.connection import connect
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.names import TRAIN_TASK
from meadow_core.settings import Settings
from meadow_core.storage.errors import StoreError
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import CheckpointRefusedError, TrainingCancelledError, TrainingDataError
from meadow_trainer.jobs.ingest import IngestJobs
from meadow_trainer.jobs.metrics import TrainerMetrics
from meadow_trainer.jobs.tasks import TrainingJobs, create_training_app
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.training.callbacks import TrainingCallbacks

UNIT = Unit("trn_1")
REQUEST = TrainingRequest(
    dataset="demo",
    dataset_version="abc",
    architecture="resnet34",
    image_size=64,
    epochs=3,
    seed=9,
    cause=TrainingCause.NEW_DATA,
)
RESULT = TrainingResult(
    run_id="r", run_url="u", model=ModelRef(name="m", version="1", digest="d"), holdout_accuracy=0.9,
    decision="promoted", reason="first",
)  # fmt: skip


class Leases(JobLeases):
    """Records how the job ended."""

    def __init__(self) -> None:
        self.free = True
        self.held = True
        self.ended: list[object] = []
        self.closed: set[Unit] = set()
        self.given_back: list[tuple[Unit, float]] = []

    @override
    def postpone(self, claim: Claim, seconds: float) -> bool:
        self.given_back.append((claim.unit, seconds))
        return True

    @override
    def is_open(self, unit: Unit) -> bool:
        return unit not in self.closed

    @override
    def claim(self, unit: Unit, model: ModelRef | None = None) -> Claim | None:
        assert model is None
        return Claim(unit, 1, {"request": REQUEST.model_dump_json()}) if self.free else None

    @override
    def heartbeat(self, claim: Claim, fields: Mapping[str, str | int] | None = None) -> bool:
        return self.held

    @override
    def succeed(
        self,
        claim: Claim,
        result: JobResult,
        model: ModelRef | None = None,
        explanation: Explanation | None = None,
    ) -> bool:
        assert explanation is None
        self.ended.append((result, model))
        self.closed.add(claim.unit)
        return True

    @override
    def fail(self, claim: Claim, error: JobError) -> bool:
        self.ended.append(error)
        self.closed.add(claim.unit)
        return True


class Catalog(DatasetCatalog):
    """Knows one data set."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    @override
    def load(self, name: str, digest: str | None = None) -> DatasetManifest:
        self.asked.append((name, digest))
        if name != "demo":
            raise DatasetError(f"There is no data set {name!r}.")
        return DatasetManifest.model_validate({"name": name, "created_at": 0, "entries": []})


class Suspects(LabelSuspectLists):
    """Keeps what is written, unless the store is down."""

    def __init__(self, error: StoreError | None = None) -> None:
        self.error = error
        self.written: list[LabelSuspects] = []

    @override
    def write(self, found: LabelSuspects) -> None:
        if self.error:
            raise self.error
        self.written.append(found)


class Runs(TrainingRuns):
    """Calls a function of the test instead of training."""

    def __init__(self, act: Callable[[TrainingConfig, TrainingCallbacks], TrainingResult]) -> None:
        self._act = act
        self.folders: list[Path] = []
        self.abandoned: list[Path] = []

    @override
    def execute(
        self,
        source: ImageSource,
        config: TrainingConfig,
        callbacks: TrainingCallbacks,
        *,
        cause: TrainingCause = TrainingCause.MANUAL,
        checkpoints: Path | None = None,
    ) -> TrainingResult:
        assert cause is TrainingCause.NEW_DATA
        assert source.manifest.name == "demo"
        assert checkpoints
        checkpoints.mkdir(parents=True, exist_ok=True)
        (checkpoints / "checkpoint-network.safetensors").touch()
        self.folders.append(checkpoints)
        return self._act(config, callbacks)

    @override
    def abandon(self, checkpoints: Path) -> None:
        self.abandoned.append(checkpoints)


@pytest.fixture
def leases() -> Leases:
    return Leases()


def _jobs(
    leases: Leases,
    runs: Runs,
    home: Path,
    metrics: TrainerMetrics | None = None,
    suspects: LabelSuspectLists | None = None,
) -> TrainingJobs:
    counted = metrics or TrainerMetrics(home)
    return TrainingJobs(leases, counted, Catalog(), runs, suspects or Suspects(), lease_seconds=0.04, checkpoints=home)


def _raising(error: Exception) -> Callable[[TrainingConfig, TrainingCallbacks], TrainingResult]:
    def act(_config: TrainingConfig, _watch: TrainingCallbacks) -> TrainingResult:
        raise error

    return act


@pytest.mark.parametrize("error", [None, StoreError("down")], ids=["stored", "store is down"])
def test_label_suspects_are_stored_and_never_cost_the_training(
    leases: Leases, tmp_path: Path, error: StoreError | None
) -> None:
    found = LabelSuspects(
        name="demo", version="ab" * 32, examined_at=datetime(2026, 5, 4, tzinfo=UTC), images=10, suspects=[]
    )

    def act(_config: TrainingConfig, callbacks: TrainingCallbacks) -> TrainingResult:
        callbacks.on_label_suspects(found)
        return RESULT

    suspects = Suspects(error)
    _jobs(leases, Runs(act), tmp_path, suspects=suspects).run(UNIT)
    assert leases.ended == [(RESULT, RESULT.model)]
    assert suspects.written == ([] if error else [found])


def test_job_is_trained_with_its_settings_and_succeeds(leases: Leases, tmp_path: Path) -> None:
    configs: list[TrainingConfig] = []

    def act(config: TrainingConfig, _watch: TrainingCallbacks) -> TrainingResult:
        configs.append(config)
        return RESULT

    _jobs(leases, Runs(act), tmp_path).run(UNIT)
    assert leases.ended == [(RESULT, RESULT.model)]
    assert configs == [TrainingConfig(architecture="resnet34", image_size=64, epochs=3, seed=9)]


def test_job_that_cannot_be_claimed_is_not_run(leases: Leases, tmp_path: Path) -> None:
    leases.free = False
    _jobs(leases, Runs(_raising(AssertionError("trained"))), tmp_path).run(UNIT)
    assert leases.ended == []


def test_expected_error_fails_job_with_its_message(leases: Leases, tmp_path: Path) -> None:
    _jobs(leases, Runs(_raising(TrainingDataError("Class 'bee' has too few images."))), tmp_path).run(UNIT)
    assert leases.ended == [JobError(code="training-failed", detail="Class 'bee' has too few images.")]


def test_unexpected_error_fails_job_without_its_message(
    leases: Leases, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _jobs(leases, Runs(_raising(ZeroDivisionError("secret"))), tmp_path).run(UNIT)
    (error,) = leases.ended
    assert isinstance(error, JobError)
    assert "ZeroDivisionError" in error.detail
    assert "secret" not in error.detail
    assert "secret" in caplog.text


def test_cancelled_job_gets_no_result_and_is_not_released(leases: Leases, tmp_path: Path) -> None:
    def act(_config: TrainingConfig, callbacks: TrainingCallbacks) -> TrainingResult:
        leases.held = False
        callbacks.on_stage("training")
        assert callbacks.should_stop()
        raise TrainingCancelledError("Stopped on request.")

    _jobs(leases, Runs(act), tmp_path).run(UNIT)
    assert leases.ended == []
    assert leases.given_back == []


def test_shutdown_releases_job_without_counting_attempt(leases: Leases, tmp_path: Path) -> None:
    def act(_config: TrainingConfig, callbacks: TrainingCallbacks) -> TrainingResult:
        assert not callbacks.should_stop()
        jobs.shut_down()
        assert callbacks.should_stop()
        raise TrainingCancelledError("Stopped on request.")

    jobs = _jobs(leases, Runs(act), tmp_path)
    jobs.run(UNIT)
    assert leases.ended == []
    assert leases.given_back == [(UNIT, 0)], "at once, and not counted as an attempt that failed"


def test_outcome_of_each_job_is_counted(leases: Leases, tmp_path: Path) -> None:
    metrics = TrainerMetrics(tmp_path)

    def count(outcome: str) -> float | None:
        labels = {"kind": "training", "outcome": outcome}
        return metrics.registry.get_sample_value("meadow_training_jobs_total", labels)

    for act in (
        lambda *_: RESULT,
        _raising(TrainingDataError("too few")),
        _raising(ZeroDivisionError()),
        _raising(TrainingCancelledError("stopped")),
    ):
        _jobs(leases, Runs(act), tmp_path, metrics).run(UNIT)
    leases.free = False
    _jobs(leases, Runs(lambda *_: RESULT), tmp_path, metrics).run(UNIT)
    assert [count(outcome) for outcome in ("succeeded", "failed", "stopped")] == [1, 2, 1]
    labels = {"decision": "promoted", "cause": "new-data"}
    assert metrics.registry.get_sample_value("meadow_training_decisions_total", labels) == 1


def test_task_is_registered_under_name_sent_by_gateway(leases: Leases, tmp_path: Path) -> None:
    settings = Settings()
    ingestion = IngestJobs.connect(settings, connect(settings), TrainerMetrics(tmp_path))
    app = create_training_app(settings, _jobs(leases, Runs(lambda *_: RESULT), tmp_path), ingestion)
    task: Any = app.tasks[TRAIN_TASK]
    task("trn_1")
    assert leases.ended == [(RESULT, RESULT.model)]


def test_checkpoints_are_kept_until_job_has_ended(leases: Leases, tmp_path: Path) -> None:
    kept: list[bool] = []

    def act(_config: TrainingConfig, callbacks: TrainingCallbacks) -> TrainingResult:
        kept.append(runs.folders[-1].is_dir())
        if callbacks.should_stop():
            raise TrainingCancelledError("Stopped on request.")
        return RESULT

    runs = Runs(act)
    stopped = _jobs(leases, runs, tmp_path)
    stopped.shut_down()
    stopped.run(UNIT)
    assert runs.folders == [tmp_path / "trn_1"]
    assert runs.folders[0].is_dir(), "for the next attempt"
    _jobs(leases, runs, tmp_path).run(UNIT)
    assert runs.folders == [tmp_path / "trn_1"] * 2
    assert leases.ended == [(RESULT, RESULT.model)]
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_of_cancelled_job_are_deleted(leases: Leases, tmp_path: Path) -> None:
    def act(_config: TrainingConfig, callbacks: TrainingCallbacks) -> TrainingResult:
        leases.held = False
        leases.closed.add(UNIT)
        callbacks.on_stage("training")
        raise TrainingCancelledError("Stopped on request.")

    _jobs(leases, Runs(act), tmp_path).run(UNIT)
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_of_ended_jobs_are_deleted_and_their_mlflow_runs_ended(leases: Leases, tmp_path: Path) -> None:
    ended, waiting = tmp_path / "trn_killed_too_often", tmp_path / "trn_waiting"
    for folder in (ended, waiting):
        folder.mkdir()
        (folder / "checkpoint-network.safetensors").touch()
    leases.closed.add(Unit(ended.name))
    runs = Runs(lambda *_: RESULT)
    _jobs(leases, runs, tmp_path).run(UNIT)
    assert list(tmp_path.iterdir()) == [waiting]
    assert ended in runs.abandoned
    assert waiting not in runs.abandoned


def test_job_with_refused_checkpoint_starts_from_scratch(leases: Leases, tmp_path: Path) -> None:
    there: list[bool] = []

    def act(_config: TrainingConfig, _watch: TrainingCallbacks) -> TrainingResult:
        there.append((tmp_path / "trn_1" / "run.json").exists())
        if there[-1]:
            raise CheckpointRefusedError("It differs in dataset.")
        return RESULT

    (tmp_path / "trn_1").mkdir()
    (tmp_path / "trn_1" / "run.json").touch()
    _jobs(leases, Runs(act), tmp_path).run(UNIT)
    assert there == [True, False]
    assert leases.ended == [(RESULT, RESULT.model)]
