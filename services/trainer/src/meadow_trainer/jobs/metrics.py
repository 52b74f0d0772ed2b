"""Prometheus metrics of the trainer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

from meadow.schemas.jobs import JobKind
from meadow.schemas.models import GateDecision
from meadow.schemas.training import TrainingCause, TrainingResult
from meadow_core.host_metrics import HostCollector
from meadow_trainer.training.callbacks import EpochReport

SECONDS_BUCKETS = (1, 5, 15, 60, 180, 600, 1_800, 3_600, 4 * 3_600, 12 * 3_600)
KINDS = (JobKind.TRAINING, JobKind.INGEST)


class JobOutcome(StrEnum):
    """How a job of the trainer ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    """Cancelled, or released because the trainer shuts down."""


class TrainerMetrics:
    """The trainer's metrics, in their own registry."""

    def __init__(self, home: Path) -> None:
        registry = self.registry = CollectorRegistry()
        self.jobs = Counter("meadow_training_jobs", "Jobs ended.", ["kind", "outcome"], registry=registry)
        self.seconds = Histogram(
            "meadow_training_job_duration_seconds",
            "From a job's claim to its end.",
            ["kind"],
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.running = Gauge("meadow_training_jobs_running", "Jobs in work.", ["kind"], registry=registry)
        self.failures = Gauge(
            "meadow_training_failures_in_a_row",
            "Jobs that failed since the last one that did not.",
            ["kind"],
            registry=registry,
        )
        self.last_success = Gauge(
            "meadow_training_last_success_timestamp_seconds",
            "When a job last succeeded, since this trainer started.",
            ["kind"],
            registry=registry,
        )
        self.decisions = Counter(
            "meadow_training_decisions", "Models judged.", ["decision", "cause"], registry=registry
        )
        self.holdout = Gauge(
            "meadow_training_holdout_accuracy_ratio", "Hold-out accuracy of the last model.", registry=registry
        )
        self.epoch = Gauge("meadow_training_epoch", "Epochs that the current run has done.", registry=registry)
        self.epochs = Gauge("meadow_training_epochs", "Epochs that it will do.", registry=registry)
        self.loss = Gauge("meadow_training_loss", "Mean training loss of the last epoch.", registry=registry)
        self.validation = Gauge(
            "meadow_training_validation_accuracy_ratio", "Validation accuracy of the last epoch.", registry=registry
        )
        # Series must exist before their first event, or `increase` misses it.
        for kind in KINDS:
            self.running.labels(kind.value)
            self.failures.labels(kind.value)
            self.seconds.labels(kind.value)
            for outcome in JobOutcome:
                self.jobs.labels(kind.value, outcome.value)
        for decision in GateDecision:
            for cause in TrainingCause:
                self.decisions.labels(decision.value, cause.value)
        ProcessCollector(registry=registry)
        registry.register(HostCollector(home))

    @contextmanager
    def working(self, kind: JobKind) -> Iterator[None]:
        """Time a job."""
        with self.running.labels(kind.value).track_inprogress(), self.seconds.labels(kind.value).time():
            yield

    def note_end(self, kind: JobKind, outcome: JobOutcome) -> None:
        """Count how a job ended."""
        self.jobs.labels(kind.value, outcome.value).inc()
        if outcome is JobOutcome.FAILED:
            self.failures.labels(kind.value).inc()
        elif outcome is JobOutcome.SUCCEEDED:
            self.failures.labels(kind.value).set(0)
            self.last_success.labels(kind.value).set(time.time())
        if kind is JobKind.TRAINING:
            self.epoch.set(0)
            self.epochs.set(0)

    def note_epoch(self, report: EpochReport) -> None:
        """Record the progress of the current run."""
        self.epoch.set(report.epoch)
        self.epochs.set(report.epochs)
        self.loss.set(report.loss)
        if report.validation_accuracy is not None:
            self.validation.set(report.validation_accuracy)

    def note_decision(self, result: TrainingResult, cause: TrainingCause) -> None:
        """Count the gate's decision."""
        self.decisions.labels(result.decision.value, cause.value).inc()
        self.holdout.set(result.holdout_accuracy)
