"""The trainer's Celery task: takes a training job from the queue and sees it to its end."""

import logging
import threading
from pathlib import Path
from typing import Self

import redis
from celery import Celery
from celery.signals import worker_shutting_down
from pydantic import ValidationError

from meadow.bundle.manifest import BundleError
from meadow.datasets.catalog import DatasetCatalog
from meadow.datasets.folder import DatasetError
from meadow.jobs.keys import Unit
from meadow.jobs.leases import Claim, JobLeases
from meadow.jobs.model import JobError
from meadow.jobs.sweeper import Sweeper
from meadow.names import TRAIN_TASK
from meadow.problems import ProblemTypes
from meadow.queueing.app import create_celery
from meadow.registry.cache import ModelCache
from meadow.registry.versions import ModelRegistry, RegistryError
from meadow.settings import Settings
from meadow.storage.s3 import ObjectStore, StoreError
from meadow.training import TrainingRequest, TrainingResult
from meadow_trainer.config import TrainingConfig
from meadow_trainer.errors import TrainingCancelledError, TrainingError
from meadow_trainer.job_checkpoints import JobCheckpoints
from meadow_trainer.lease import TrainingLease
from meadow_trainer.run import TrainingRuns
from meadow_trainer.source import catalog_source

log = logging.getLogger(__name__)

EXPECTED_FAULTS = (TrainingError, DatasetError, RegistryError, StoreError, BundleError, ValidationError)
"""Faults whose message says what is wrong; anything else is a fault of ours."""


class TrainingJobs:
    """Works off training jobs, one at a time."""

    def __init__(
        self,
        leases: JobLeases,
        sweeper: Sweeper,
        catalog: DatasetCatalog,
        runs: TrainingRuns,
        *,
        lease_seconds: float,
        checkpoints: Path,
    ) -> None:
        self._leases = leases
        self._sweeper = sweeper
        self._catalog = catalog
        self._runs = runs
        self._checkpoints = JobCheckpoints(checkpoints, leases, runs)
        self._lease_seconds = lease_seconds
        self._shutting_down = threading.Event()

    @classmethod
    def connect(cls, settings: Settings, client: redis.Redis) -> Self:
        """Set up against the stores and the registry that the settings name; nothing is contacted yet."""
        store = ObjectStore(settings)
        return cls(
            JobLeases(client, settings),
            Sweeper(client, settings),
            DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels),
            TrainingRuns(settings, ModelRegistry(settings), ModelCache(settings.model_cache)),
            lease_seconds=settings.lease_seconds,
            checkpoints=settings.home / "checkpoints",
        )

    def shut_down(self) -> None:
        """Stop the run at its next step; this worker after its restart goes on with it, another one begins it again."""
        self._shutting_down.set()

    def work(self, unit: Unit) -> None:
        """Do a job, unless it is finished, cancelled, or held by another worker."""
        claim = self._leases.claim(unit)
        if claim is None:
            return
        lease = TrainingLease(
            self._leases, claim, lease_seconds=self._lease_seconds, shutting_down=self._shutting_down.is_set
        )
        try:
            with lease:
                result = self._train(claim, lease)
        except TrainingCancelledError as stopped:
            log.info("%s: %s", unit, stopped)
            if not lease.lost:
                # Stopped for a shutdown, not by the client: let the next worker have it at once.
                self._sweeper.release(unit)
        except EXPECTED_FAULTS as fault:
            log.warning("%s failed: %s", unit, fault)
            self._fail(claim, str(fault))
        except Exception as fault:
            log.exception("%s failed unexpectedly", unit)
            self._fail(claim, f"The trainer failed unexpectedly ({type(fault).__name__}); see its log.")
        else:
            self._leases.succeed(claim, result, result.model)
        self._checkpoints.settle(unit)

    def _train(self, claim: Claim, lease: TrainingLease) -> TrainingResult:
        request = TrainingRequest.model_validate_json(claim.record["request"])
        source = catalog_source(self._catalog, request.dataset, request.dataset_version)
        config, watch = config_of(request), lease.watch()
        return self._checkpoints.train(
            claim.unit, lambda folder: self._runs.execute(source, config, watch, checkpoints=folder)
        )

    def _fail(self, claim: Claim, detail: str) -> None:
        self._leases.fail(claim, JobError(code=ProblemTypes.TRAINING_FAILED.code, detail=detail))


def config_of(request: TrainingRequest) -> TrainingConfig:
    """Turn what a client asked for into a run's configuration."""
    return TrainingConfig(
        architecture=request.architecture, image_size=request.image_size, epochs=request.epochs, seed=request.seed
    )


def create_training_app(settings: Settings, jobs: TrainingJobs) -> Celery:
    """Make the Celery application with the training task."""
    app = create_celery(settings)

    @app.task(name=TRAIN_TASK)
    def train(unit: str) -> None:
        jobs.work(Unit.parse(unit))

    worker_shutting_down.connect(lambda **_: jobs.shut_down(), weak=False)
    return app
