"""Ingestion jobs: `meadow data publish`, on the queue."""

import logging
import tempfile
from pathlib import Path
from typing import Self

import redis
from typing_extensions import override

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.ingestion import IngestRequest, IngestResult
from meadow.schemas.jobs import JobKind
from meadow.schemas.problems import ProblemCode
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.compare import compare
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.ingest.run import IngestError, IngestRules, Publication
from meadow_core.datasets.sources.requested import open_requested
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.settings.services import TrainerSettings
from meadow_core.storage.errors import StoreError
from meadow_core.storage.s3 import ObjectStore
from meadow_trainer.errors import TrainingCancelledError
from meadow_trainer.jobs.lease import TrainingLease
from meadow_trainer.jobs.metrics import TrainerMetrics
from meadow_trainer.jobs.queued_jobs import QueuedJobs

log = logging.getLogger(__name__)


class IngestJobs(QueuedJobs):
    """Runs ingestion jobs, which publish data set versions."""

    kind = JobKind.INGEST
    failed = ProblemCode.INGEST_FAILED

    def __init__(
        self,
        leases: JobLeases,
        metrics: TrainerMetrics,
        catalog: DatasetCatalog,
        store: ObjectStore,
        settings: TrainerSettings,
    ) -> None:
        super().__init__(leases, metrics, lease_seconds=settings.lease_seconds)
        self._catalog = catalog
        self._store = store
        self._settings = settings

    @classmethod
    def connect(cls, settings: TrainerSettings, client: redis.Redis, metrics: TrainerMetrics) -> Self:
        """Set up with the stores from the settings; nothing is contacted yet."""
        store = ObjectStore(settings)
        catalog = DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels)
        return cls(JobLeases(client, settings), metrics, catalog, store, settings)

    @override
    def _execute(self, claim: Claim, lease: TrainingLease) -> IngestResult:
        request = IngestRequest.model_validate_json(claim.record[JobField.REQUEST])

        def on_progress(done: int, total: int | None) -> None:
            if lease.should_stop():
                raise TrainingCancelledError("Cancelled before anything was published.")
            lease.report_progress(done, total)

        with tempfile.TemporaryDirectory() as folder:
            sources = open_requested(request, self._settings, self._store, Path(folder))
            try:
                publication = self._catalog.publish(
                    request.name,
                    sources,
                    add=request.add,
                    may_be_first=True,
                    rules=IngestRules(request.max_failed, request.near_duplicates),
                    on_progress=on_progress,
                    threads=self._settings.ingest_downloads,
                )
            except IngestError as error:
                report_url = self._store_report(claim.unit, request.name, error)
                raise DatasetError(f"{error} Its report: {report_url}" if report_url else str(error)) from error
        report_url = self._store_report(claim.unit, request.name, publication)
        manifest = publication.manifest
        if publication.overtook:
            log.warning("%s: version %s was published meanwhile and is superseded", claim.unit, publication.overtook)
        empty = DatasetManifest(name=manifest.name, created_at=manifest.created_at, entries=())
        changes = compare(publication.before or empty, manifest)
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
            passed_over=publication.summary.passed_over,
            notes=publication.summary.notes,
            report=report_url or f"/v1/datasets/{manifest.name}/versions/{manifest.digest}/report",
            overtook=publication.overtook,
        )

    def _store_report(self, unit: Unit, name: str, outcome: Publication | IngestError) -> str:
        """Store the run's report and return its address; empty if the store is unavailable, which fails no job."""
        try:
            self._catalog.runs.keep(name, unit.job_id, outcome.report, outcome.rejected)
        except StoreError as error:
            log.warning("%s: could not store its report: %s", unit, error)
            return ""
        return f"/v1/datasets/{name}/runs/{unit.job_id}/report"
