"""Answering packs of batches."""

import logging

from meadow.schemas.predictions import Prediction
from meadow.schemas.problems import ProblemCode
from meadow.schemas.queues import BATCH_QUEUE
from meadow_core.bundle.manifest import BundleError
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.record import model_of
from meadow_core.log_context import REQUEST_ID, log_context
from meadow_core.registry.versions import RegistryError
from meadow_core.storage.layout import pack_results_key
from meadow_core.storage.s3 import ObjectStore, StoreError
from meadow_core.tracing import span
from meadow_worker.handlers.claiming import Claiming
from meadow_worker.handlers.postponement import Postponement
from meadow_worker.heartbeat import Heartbeat
from meadow_worker.isolation import PackIsolation, PackTakenError
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.model_host import ModelHost
from meadow_worker.pack_reader import PackGoneError, PackReader
from meadow_worker.packs import PackOutcome, classify_images
from meadow_worker.prediction_monitor import PredictionMonitor

logger = logging.getLogger(__name__)


class PackHandler:
    """Answers a pack of a batch, with the model version that the batch is pinned to."""

    def __init__(
        self,
        claiming: Claiming,
        postponement: Postponement,
        leases: JobLeases,
        models: ModelHost,
        store: ObjectStore,
        bucket: str,
        packs: PackReader,
        isolation: PackIsolation,
        heartbeats: Heartbeat,
        monitor: PredictionMonitor,
        metrics: WorkerMetrics,
    ) -> None:
        self._claiming = claiming
        self._postponement = postponement
        self._leases = leases
        self._models = models
        self._store = store
        self._bucket = bucket
        self._packs = packs
        self._isolation = isolation
        self._heartbeats = heartbeats
        self._monitor = monitor
        self._metrics = metrics

    def handle(self, unit: Unit) -> None:
        """Claim the pack, if it is still to be answered, and store its results."""
        with self._claiming.claimed(lambda: self._leases.claim_pack(unit, self._models.current().ref)) as claim:
            if claim:
                self._classify_pack(claim)

    def _classify_pack(self, claim: Claim) -> None:
        unit, pinned = claim.unit, model_of(claim.record)
        with (
            self._heartbeats.holding(claim),
            self._metrics.seconds.labels(BATCH_QUEUE).time(),
            log_context(
                job=unit.job_id,
                pack=unit.pack,
                request_id=claim.record.get(REQUEST_ID),
                model=pinned.version if pinned else None,
            ),
            span("classify a pack", claim.record, {"meadow.job": unit.job_id, "meadow.pack": unit.pack or 0}),
        ):
            try:
                self._answer_pack(claim)
            except PackTakenError as error:
                logger.info("left a pack: %s", error)
            except PackGoneError as error:
                logger.error("failed the batch of %s: %s", unit, error)  # noqa: TRY400 - there is nothing to trace
                self._postponement.fail(claim, ProblemCode.SOURCE_UNREADABLE, f"Pack {unit.pack} is lost: {error}")
            except (StoreError, RegistryError, BundleError) as error:
                # An outage is no fault of the pack, nor is a model that does not run on this host but may on others:
                # come back to it, and let other work through meanwhile.
                self._postponement.postpone(claim, error)

    def _answer_pack(self, claim: Claim) -> None:
        number = claim.unit.pack or 0
        batch_id = claim.unit.job_id
        outcome = self._isolation.give_up(claim) if claim.exhausted else self._classify(claim)
        # The results first: once the pack counts as done, they must be there to read.
        self._store.put(self._bucket, pack_results_key(batch_id, number), outcome.as_ndjson())
        counted = self._leases.finish_pack(
            claim, succeeded=outcome.succeeded, failed=outcome.failed, classes=outcome.classes
        )
        if counted:
            self._metrics.images.labels(BATCH_QUEUE, "succeeded").inc(outcome.succeeded)
            self._metrics.images.labels(BATCH_QUEUE, "failed").inc(outcome.failed)
            self._metrics.given_up.labels(BATCH_QUEUE).inc(outcome.given_up)
        if claim.is_retry:
            self._isolation.clear(claim)

    def _classify(self, claim: Claim) -> PackOutcome:
        pinned = model_of(claim.record)
        if pinned is None:
            raise BundleError(f"Batch {claim.unit.job_id} is not pinned to a model.")

        def note(name: str, image: bytes, answer: Prediction) -> None:
            self._monitor.note(answer, pinned, image, job_id=claim.unit.job_id, name=name)

        # The model first: a pack is not fetched in vain when this host does not have it.
        model = self._models.pinned(pinned)
        if claim.is_retry:
            return self._isolation.classify(claim, model, note)
        return classify_images(self._packs.read(claim), model, note)
