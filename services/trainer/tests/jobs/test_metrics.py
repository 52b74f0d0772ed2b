"""Prometheus metrics of training jobs."""

from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families as parse

from meadow.schemas.jobs import JobKind
from meadow.schemas.models import ModelRef
from meadow.schemas.training import TrainingCause, TrainingResult
from meadow_trainer.jobs.metrics import JobOutcome, TrainerMetrics
from meadow_trainer.training.callbacks import EpochReport

RESULT = TrainingResult(
    run_id="r", run_url="u", model=ModelRef(name="m", version="1", digest="d"), holdout_accuracy=0.9,
    decision="promoted", reason="first",
)  # fmt: skip


@pytest.fixture
def metrics(tmp_path: Path) -> TrainerMetrics:
    return TrainerMetrics(tmp_path)


def value(metrics: TrainerMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_run_updates_progress_and_counters(metrics: TrainerMetrics) -> None:
    with metrics.working(JobKind.TRAINING):
        assert value(metrics, "meadow_training_jobs_running", kind="training") == 1
        metrics.note_epoch(
            EpochReport(3, 30, loss=0.4, learning_rate=0.1, seconds=9, validation_accuracy=0.8, validation_loss=0.5)
        )
        assert value(metrics, "meadow_training_epoch") == 3
        assert value(metrics, "meadow_training_epochs") == 30
        metrics.note_decision(RESULT, TrainingCause.DRIFT)
    metrics.note_end(JobKind.TRAINING, JobOutcome.SUCCEEDED)
    assert value(metrics, "meadow_training_jobs_running", kind="training") == 0
    assert value(metrics, "meadow_training_epochs") == 0
    assert value(metrics, "meadow_training_jobs_total", kind="training", outcome="succeeded") == 1
    assert value(metrics, "meadow_training_job_duration_seconds_count", kind="training") == 1
    assert value(metrics, "meadow_training_decisions_total", decision="promoted", cause="drift") == 1
    assert value(metrics, "meadow_training_holdout_accuracy_ratio") == 0.9


def test_failures_accumulate_until_success_and_ignore_stopped_jobs(metrics: TrainerMetrics) -> None:
    def failures() -> float | None:
        return value(metrics, "meadow_training_failures_in_a_row", kind="training")

    for outcome, expected in (
        (JobOutcome.FAILED, 1), (JobOutcome.STOPPED, 1), (JobOutcome.FAILED, 2), (JobOutcome.SUCCEEDED, 0),
    ):  # fmt: skip
        metrics.note_end(JobKind.TRAINING, outcome)
        assert failures() == expected
    assert value(metrics, "meadow_training_failures_in_a_row", kind="ingest") == 0


def test_all_time_series_exist_from_start(metrics: TrainerMetrics) -> None:
    def series() -> set[str]:
        text = generate_latest(metrics.registry).decode()
        return {f"{one.name}{sorted(one.labels.items())}" for family in parse(text) for one in family.samples}

    before = series()
    for kind in (JobKind.TRAINING, JobKind.INGEST):
        for outcome in JobOutcome:
            with metrics.working(kind):
                metrics.note_end(kind, outcome)
    for cause in TrainingCause:
        metrics.note_decision(RESULT, cause)
    added = {name.partition("[")[0] for name in series() - before}
    assert added <= {
        "meadow_training_last_success_timestamp_seconds",
        "meadow_training_jobs_created",
    }
