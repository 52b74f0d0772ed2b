"""The ingestion of images as a job: the same that `meadow data publish` does, on the queue."""

import tempfile
from pathlib import Path
from typing import Self

import redis
from typing_extensions import override

from meadow.datasets.catalog import DatasetCatalog
from meadow.datasets.diff import compare
from meadow.datasets.manifest import DatasetManifest
from meadow.datasets.sources.requested import open_requested
from meadow.ingestion import IngestRequest, IngestResult
from meadow.jobs.leases import Claim, JobLeases
from meadow.jobs.model import JobKind
from meadow.jobs.sweeper import Sweeper
from meadow.problems import ProblemTypes
from meadow.settings import Settings
from meadow.storage.errors import ObjectMissingError
from meadow.storage.s3 import ObjectStore
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.lease import TrainingLease
from meadow_trainer.metrics import TrainerMetrics
from meadow_trainer.queued_jobs import QueuedJobs


class IngestJobs(QueuedJobs):
    """Makes versions of data sets."""

    kind = JobKind.INGEST
    failed = ProblemTypes.INGEST_FAILED

    def __init__(
        self,
        leases: JobLeases,
        sweeper: Sweeper,
        metrics: TrainerMetrics,
        catalog: DatasetCatalog,
        store: ObjectStore,
        settings: Settings,
    ) -> None:
        super().__init__(leases, sweeper, metrics, lease_seconds=settings.lease_seconds)
        self._catalog = catalog
        self._store = store
        self._settings = settings

    @classmethod
    def connect(cls, settings: Settings, client: redis.Redis, metrics: TrainerMetrics) -> Self:
        """Set up against the stores that the settings name; nothing is contacted yet."""
        store = ObjectStore(settings)
        catalog = DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels)
        return cls(JobLeases(client, settings), Sweeper(client, settings), metrics, catalog, store, settings)

    @override
    def _do(self, claim: Claim, lease: TrainingLease) -> IngestResult:
        request = IngestRequest.model_validate_json(claim.record["request"])
        before = self._newest(request.name)

        def on_progress(done: int, total: int | None) -> None:
            if lease.should_stop():
                raise TrainingCancelledError("Stopped on request before anything was published.")
            lease.count(done, total)

        with tempfile.TemporaryDirectory() as folder:
            sources = open_requested(request, self._settings, self._store, Path(folder))
            publication = self._catalog.publish(
                request.name,
                sources,
                add=request.add and before is not None,
                max_failed=request.max_failed,
                on_progress=on_progress,
                threads=self._settings.ingest_downloads,
            )
        manifest = publication.manifest
        empty = DatasetManifest(name=manifest.name, created_at=manifest.created_at, entries=())
        changes = compare(before or empty, manifest)
        return IngestResult(
            dataset=manifest.name,
            version=manifest.digest,
            changed=publication.changed,
            images=len(manifest.entries),
            classes={label: change.after for label, change in changes.classes.items() if change.after},
            added=len(changes.added),
            removed=len(changes.removed),
            relabelled=len(changes.relabelled),
            rejected={reason.value: count for reason, count in publication.summary.rejections.items()},
            report=f"/v1/datasets/{manifest.name}/versions/{manifest.digest}/report",
        )

    def _newest(self, name: str) -> DatasetManifest | None:
        try:
            return self._catalog.load(name, self._catalog.newest(name))
        except ObjectMissingError:
            return None
