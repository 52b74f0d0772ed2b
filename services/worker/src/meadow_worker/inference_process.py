"""One inference process: it claims units of work, answers them, and records the answers."""

import logging

import redis

from meadow.bundle.decode import ImageRejectedError
from meadow.bundle.manifest import BundleError
from meadow.jobs.connection import connect
from meadow.jobs.filling import BatchFilling
from meadow.jobs.keys import Unit
from meadow.jobs.leases import Claim, JobLeases
from meadow.jobs.model import JobError
from meadow.jobs.record import model_of
from meadow.names import BATCH_QUEUE, INTERACTIVE_QUEUE
from meadow.problems import ProblemTypes
from meadow.registry.cache import ModelCache
from meadow.registry.model import ModelRef
from meadow.registry.versions import ModelRegistry, RegistryError
from meadow.settings import Settings
from meadow.storage.layout import pack_results_key
from meadow.storage.s3 import ObjectStore, StoreError
from meadow_worker.engines.choose import resolve_engine
from meadow_worker.explaining.explainer import Explainer
from meadow_worker.filling.filler import BatchFiller
from meadow_worker.lease_keeper import LeaseKeeper
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.model_host import ModelHost
from meadow_worker.pack_reader import PackReader
from meadow_worker.packs import PackOutcome, classify_images, give_up
from meadow_worker.served_model import ServedModel

POSTPONE_SECONDS = 5.0

logger = logging.getLogger(__name__)


class InferenceProcess:
    """Connections, models and heartbeats of a process; made after the fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = resolve_engine(settings.worker_engine)
        self._metrics = WorkerMetrics()
        self._store = ObjectStore(settings)
        self._cache = ModelCache(settings.model_cache)
        self._models = ModelHost(self._cache, ModelRegistry(settings), self._load, self._metrics)
        client = connect(settings)
        self._leases = JobLeases(client, settings)
        self._explainer = Explainer(self._store, self._leases, settings)
        self._packs = PackReader(self._store, settings)
        self._filler = BatchFiller(self._store, self._leases, BatchFilling(client, settings), settings)
        self._heartbeats = LeaseKeeper(
            client, self._leases, engine=lambda: self._models.engine, serving=lambda: self._models.serving
        )

    def start(self) -> None:
        """Load the model, then say that the process is there."""
        self._models.current()
        self._heartbeats.start()

    def stop(self) -> None:
        """Say that the process is gone."""
        self._heartbeats.stop()

    def classify_image(self, unit: Unit) -> None:
        """Answer a job of one image."""
        model = self._models.current()
        claim = self._leases.claim(unit, model.ref)
        if claim is None:
            return
        with self._heartbeats.holding(claim), self._metrics.seconds.labels(INTERACTIVE_QUEUE).time():
            outcome = self._answer(claim, model)
        self._metrics.images.labels(INTERACTIVE_QUEUE, outcome).inc()

    def classify_pack(self, unit: Unit) -> None:
        """Answer a pack of a batch, with the model version that the batch is pinned to."""
        claim = self._leases.claim_pack(unit, self._models.current().ref)
        if claim is None:
            return
        with self._heartbeats.holding(claim), self._metrics.seconds.labels(BATCH_QUEUE).time():
            try:
                self._answer_pack(claim)
            except (StoreError, RegistryError) as error:
                # An outage is no fault of the pack: come back to it, and let other work through meanwhile.
                logger.warning("postponed %s: %s", unit, error)
                self._leases.postpone(claim, POSTPONE_SECONDS)

    def fill_batch(self, unit: Unit) -> None:
        """Add packs to a batch from its source, for a turn; its first pack pins the model, not this."""
        claim = self._leases.claim(unit)
        if claim is None:
            return
        with self._heartbeats.holding(claim):
            try:
                self._filler.fill(claim)
            except StoreError as error:
                logger.warning("postponed the filling of %s: %s", unit, error)
                self._leases.postpone(claim, POSTPONE_SECONDS)
            except redis.RedisError:
                # Nothing can be written down now; the lease runs out, and another attempt goes on.
                raise
            except Exception:
                logger.exception("failed to fill %s", unit)
                detail = "The worker failed on the batch's source. Its log has the reason under the batch's id."
                self._leases.fail(claim, JobError(code=ProblemTypes.INTERNAL.code, detail=detail))

    def _answer(self, claim: Claim, model: ServedModel) -> str:
        top_k = claim.record.get("top_k")
        try:
            prediction = model.classify(claim.image, top_k=int(top_k) if top_k else None)
        except ImageRejectedError as error:
            self._leases.fail(claim, JobError(code=error.problem.code, detail=error.detail))
            return "failed"
        except Exception:
            logger.exception("failed on %s", claim.unit)
            detail = "The worker failed on this image. Its log has the reason under the job's id."
            self._leases.fail(claim, JobError(code=ProblemTypes.INTERNAL.code, detail=detail))
            return "failed"
        self._leases.succeed(claim, prediction, explanation=self._explainer.explain(claim, model, prediction))
        return "succeeded"

    def _answer_pack(self, claim: Claim) -> None:
        number = claim.unit.pack or 0
        bucket, batch_id = self._settings.jobs_bucket, claim.unit.job_id
        if claim.exhausted:
            outcome = give_up(self._packs.read(claim, fetch=False), claim.attempt - 1)
        else:
            outcome = self._classify(claim)
        # The results first: once the pack counts as done, they must be there to read.
        self._store.put(bucket, pack_results_key(batch_id, number), outcome.as_ndjson())
        counted = self._leases.finish_pack(
            claim, succeeded=outcome.succeeded, failed=outcome.failed, classes=outcome.classes
        )
        if counted:
            self._metrics.images.labels(BATCH_QUEUE, "succeeded").inc(outcome.succeeded)
            self._metrics.images.labels(BATCH_QUEUE, "failed").inc(outcome.failed)

    def _classify(self, claim: Claim) -> PackOutcome:
        pinned = model_of(claim.record)
        if pinned is None:
            raise BundleError(f"Batch {claim.unit.job_id} is not pinned to a model.")
        return classify_images(self._packs.read(claim), self._models.pinned(pinned))

    def _load(self, ref: ModelRef) -> ServedModel:
        folder = self._cache.path_of(ref)
        if folder is None:
            raise BundleError(f"Version {ref.version} is not in this host's cache.")
        return ServedModel(
            ref,
            folder,
            engine=self._engine,
            precision=self._settings.worker_precision,
            max_image_pixels=self._settings.max_image_pixels,
        )
