"""Celery tasks of the trainer: training runs and ingestions."""

import dataclasses
import logging
from pathlib import Path
from typing import Self

import redis
from celery import Celery
from celery.signals import worker_shutting_down
from typing_extensions import override

from meadow.schemas.jobs import JobKind
from meadow.schemas.label_suspects import LabelSuspects
from meadow.schemas.problems import ProblemCode
from meadow.schemas.training import TrainingRequest, TrainingResult
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.suspects import LabelSuspectLists
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.names import INGEST_TASK, TRAIN_TASK
from meadow_core.queueing.app import create_celery
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings.services import TrainerSettings
from meadow_core.storage.s3 import ObjectStore, StoreError
from meadow_trainer.data.source import catalog_source
from meadow_trainer.jobs.ingest import IngestJobs
from meadow_trainer.jobs.job_checkpoints import JobCheckpoints
from meadow_trainer.jobs.lease import TrainingLease
from meadow_trainer.jobs.metrics import TrainerMetrics
from meadow_trainer.jobs.queued_jobs import QueuedJobs
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.training.callbacks import EpochReport

log = logging.getLogger(__name__)

WAIT_FOR_REGISTRY_SECONDS = 600.0
"""MLflow takes a minute to start, and longer to be redeployed; beyond that the job fails."""


class TrainingJobs(QueuedJobs):
    """Runs training jobs."""

    kind = JobKind.TRAINING
    failed = ProblemCode.TRAINING_FAILED

    def __init__(
        self,
        leases: JobLeases,
        metrics: TrainerMetrics,
        catalog: DatasetCatalog,
        runs: TrainingRuns,
        suspects: LabelSuspectLists,
        *,
        lease_seconds: float,
        checkpoints: Path,
    ) -> None:
        super().__init__(leases, metrics, lease_seconds=lease_seconds)
        self._catalog = catalog
        self._runs = runs
        self._suspects = suspects
        self._checkpoints = JobCheckpoints(checkpoints, leases, runs)

    @classmethod
    def connect(cls, settings: TrainerSettings, client: redis.Redis, metrics: TrainerMetrics) -> Self:
        """Set up with the stores and the registry from the settings; nothing is contacted yet."""
        store = ObjectStore(settings)
        return cls(
            JobLeases(client, settings),
            metrics,
            DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels),
            TrainingRuns(
                settings,
                ModelRegistry(settings),
                ModelCache(settings.model_cache),
                wait_for_registry=WAIT_FOR_REGISTRY_SECONDS,
            ),
            LabelSuspectLists(store, settings.images_bucket),
            lease_seconds=settings.lease_seconds,
            checkpoints=settings.home / "checkpoints",
        )

    @override
    def run(self, unit: Unit) -> None:
        super().run(unit)
        self._checkpoints.delete_if_ended(unit)

    @override
    def _execute(self, claim: Claim, lease: TrainingLease) -> TrainingResult:
        request = TrainingRequest.model_validate_json(claim.record[JobField.REQUEST])
        source = catalog_source(self._catalog, request.dataset, request.dataset_version)
        config, callbacks = request.config, lease.callbacks()

        def on_epoch(report: EpochReport) -> None:
            self._metrics.note_epoch(report)
            callbacks.on_epoch(report)

        with_metrics = dataclasses.replace(callbacks, on_epoch=on_epoch, on_label_suspects=self._keep_label_suspects)
        result = self._checkpoints.train(
            claim.unit,
            lambda folder: self._runs.execute(source, config, with_metrics, cause=request.cause, checkpoints=folder),
        )
        self._metrics.note_decision(result, request.cause)
        return result

    def _keep_label_suspects(self, found: LabelSuspects) -> None:
        """Store them for the gateway; a store that fails does not cost the training."""
        try:
            self._suspects.write(found)
        except StoreError as error:
            log.warning("Could not store the label suspects of data set %s: %s", found.name, error)


def create_training_app(settings: TrainerSettings, training: TrainingJobs, ingestion: IngestJobs) -> Celery:
    """Create the Celery application with the trainer's tasks."""
    app = create_celery(settings)

    @app.task(name=TRAIN_TASK)
    def train(unit: str) -> None:
        training.run(Unit.parse(unit))

    @app.task(name=INGEST_TASK)
    def ingest(unit: str) -> None:
        ingestion.run(Unit.parse(unit))

    def shut_down(**_: object) -> None:
        training.shut_down()
        ingestion.shut_down()

    worker_shutting_down.connect(shut_down, weak=False)
    return app
