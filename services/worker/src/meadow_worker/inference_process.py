"""One inference process: it claims units of work, answers them, and records the answers."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import redis

from meadow.schemas.jobs import JobError
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow.schemas.problems import ProblemCode
from meadow.schemas.queues import BATCH_QUEUE, INTERACTIVE_QUEUE
from meadow_core.bundle.manifest import BundleError
from meadow_core.jobs.connection import connect
from meadow_core.jobs.expansion import BatchExpansion
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.record import model_of, waited_seconds
from meadow_core.jobs.unit_keys import queue_of
from meadow_core.jobs.waiting import WaitingImages
from meadow_core.log_context import REQUEST_ID, log_context
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.layout import pack_results_key
from meadow_core.storage.s3 import ObjectStore, StoreError
from meadow_core.tracing import is_tracing, past_span, span
from meadow_worker.engines.choose import resolve_engine, shares_device
from meadow_worker.expansion.batch_expander import BatchExpander
from meadow_worker.explaining.explainer import Explainer
from meadow_worker.heartbeat import Heartbeat
from meadow_worker.image_watchdog import ImageWatchdog
from meadow_worker.inference import classify_claims
from meadow_worker.isolation import PackIsolation, PackTakenError
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.model_host import ModelHost, NoModelError
from meadow_worker.model_reloader import ModelReloader
from meadow_worker.pack_reader import PackGoneError, PackReader
from meadow_worker.packs import PackOutcome, classify_images
from meadow_worker.prediction_monitor import PredictionMonitor
from meadow_worker.served_model import ServedModel
from meadow_worker.work_gate import WorkGate

POSTPONE_SECONDS = 5.0
PATIENCE_SECONDS = 86_400.0
"""For how long a unit is postponed again and again: what has been away for so long may never come back."""
MILLISECONDS = 1000
RUN_IMAGES = 8
"""Most jobs of one image that are answered together: the last one waits for the decoding of all."""

logger = logging.getLogger(__name__)


class InferenceProcess:
    """Connections, models and heartbeats of a process; made after the fork."""

    def __init__(self, settings: WorkerSettings, metrics: WorkerMetrics | None = None) -> None:
        self._settings = settings
        self._engine = resolve_engine(settings.worker_engine)
        self._metrics = metrics or WorkerMetrics()
        self._store = ObjectStore(settings)
        self._cache = ModelCache(settings.model_cache)
        self._models = ModelHost(self._cache, ModelRegistry(settings), self._load, self._metrics)
        client = connect(settings)
        self._leases = JobLeases(client, settings, on_given_up=self._note_given_up)
        self._has_threads = shares_device(self._engine)
        sharing = settings.worker_threads if self._has_threads else settings.worker_processes
        self._waiting = WaitingImages(client, processes=sharing)
        self._explainer = Explainer(self._store, self._leases, settings)
        self._packs = PackReader(self._store, settings)
        self._isolation = PackIsolation(self._store, self._leases, self._packs, settings)
        self._gate = WorkGate()
        self._watchdog = ImageWatchdog(settings.image_seconds)
        self._expander = BatchExpander(self._store, self._leases, BatchExpansion(client, settings), settings)
        self._heartbeats = Heartbeat(
            client,
            self._leases,
            engine=lambda: self._models.engine,
            serving=lambda: self._models.serving,
            refused=self._cache.refused,
        )
        self._monitor = PredictionMonitor(client, self._store, settings)
        self._reloader = ModelReloader(self._models, on_change=self._heartbeats.report)

    def start(self) -> None:
        """Load the model, then say that the process is there."""
        try:
            self._models.current()
        except NoModelError:
            # The watch takes up the next one that is promoted; until then jobs wait.
            logger.exception("there is no model that this process can serve")
        except Exception:
            # Celery hands jobs to a process whether or not it has started well: what follows must be there for them.
            logger.exception("could not load a model; trying again")
        self._watchdog.start()
        self._monitor.start()
        self._reloader.start()
        # Last, because it waits for a Redis that is away.
        self._heartbeats.start()

    def stop(self) -> None:
        """Say that the process is gone."""
        self._reloader.stop()
        self._monitor.stop()
        self._heartbeats.stop()
        self._watchdog.stop()

    def classify_image(self, unit: Unit) -> None:
        """Answer a job of one image, and with it a share of those that wait behind it."""
        model = self._models.current()
        with self._claimed(lambda: next(iter(self._leases.claim_images([unit], model.ref)), None)) as claim:
            if claim:
                self._classify_with_waiting(claim, model)

    def _classify_with_waiting(self, first: Claim, model: ServedModel) -> None:
        claims = [first]
        started = time.perf_counter()
        with ExitStack() as held:
            held.enter_context(self._heartbeats.holding(first))
            # An image whose earlier attempt was lost may be what kills its worker: it goes alone.
            if not first.is_retry and (behind := self._waiting.take(RUN_IMAGES - 1)):
                for claim in self._leases.claim_images(behind, model.ref):
                    held.enter_context(self._heartbeats.holding(claim))
                    claims.append(claim)
            _enter_contexts(held, claims, model.ref)
            answers = classify_claims(claims, model)
            self._record(answers, model)
        seconds = time.perf_counter() - started
        for claim, answer in answers:
            self._metrics.waited.observe(waited_seconds(claim.record))
            if isinstance(answer, Prediction):
                name = claim.record.get(JobField.NAME, "")
                self._monitor.note(answer, model.ref, claim.image, job_id=claim.unit.job_id, name=name)
            outcome = "succeeded" if isinstance(answer, Prediction) else "failed"
            self._metrics.seconds.labels(INTERACTIVE_QUEUE).observe(seconds)
            self._metrics.images.labels(INTERACTIVE_QUEUE, outcome).inc()

    def classify_pack(self, unit: Unit) -> None:
        """Answer a pack of a batch, with the model version that the batch is pinned to."""
        with self._claimed(lambda: self._leases.claim_pack(unit, self._models.current().ref)) as claim:
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
                self._fail(claim, ProblemCode.SOURCE_UNREADABLE, f"Pack {unit.pack} is lost: {error}")
            except (StoreError, RegistryError, BundleError) as error:
                # An outage is no fault of the pack, nor is a model that does not run on this host but may on others:
                # come back to it, and let other work through meanwhile.
                self._postpone(claim, error)

    def expand_batch(self, unit: Unit) -> None:
        """Add packs to a batch from its source, for a turn; its first pack pins the model, not this."""
        with self._claimed(lambda: self._leases.claim(unit)) as claim:
            if claim:
                self._expand_batch(claim)

    def _expand_batch(self, claim: Claim) -> None:
        unit = claim.unit
        with (
            self._heartbeats.holding(claim),
            log_context(job=unit.job_id, request_id=claim.record.get(REQUEST_ID)),
            span("fill a batch", claim.record, {"meadow.job": unit.job_id}),
        ):
            try:
                self._expander.expand(claim)
            except StoreError as error:
                self._postpone(claim, error)
            except redis.RedisError:
                # Nothing can be written down now; the lease runs out, and another attempt goes on.
                raise
            except Exception:
                logger.exception("failed to fill %s", unit)
                detail = "The worker failed on the batch's source. Its log has the reason under the batch's id."
                self._fail(claim, ProblemCode.INTERNAL, detail)

    @contextmanager
    def _claimed(self, claim: Callable[[], Claim | None]) -> Iterator[Claim | None]:
        """Take a unit of work; among threads, one whose attempt before was lost runs alone, to harm no other."""
        if not self._has_threads:
            yield claim()
            return
        with self._gate.beside_others():
            taken = claim()
            if taken is None or not taken.is_retry:
                yield taken
                return
            # To wait is no attempt: one of those beside may be what kills the process.
            self._leases.postpone(taken, 0)
        with self._gate.alone():
            yield claim()

    def _postpone(self, claim: Claim, error: Exception) -> None:
        if self._leases.postponed_seconds(claim) > PATIENCE_SECONDS:
            logger.error("failed %s, which was postponed for too long: %s", claim.unit, error)
            detail = f"The batch could not go on for {PATIENCE_SECONDS / 3600:.0f} hours: {error}"
            self._fail(claim, ProblemCode.UNAVAILABLE, detail)
            return
        logger.warning("postponed %s: %s", claim.unit, error)
        self._metrics.postponed.inc()
        self._leases.postpone(claim, POSTPONE_SECONDS)

    def _fail(self, claim: Claim, code: ProblemCode, detail: str) -> None:
        """Fail a batch, be it for its source or for one of its packs."""
        end = self._leases.fail if claim.unit.pack is None else self._leases.fail_batch
        end(claim, JobError(code=code, detail=detail))

    def _note_given_up(self, unit: Unit) -> None:
        self._metrics.given_up.labels(queue_of(unit)).inc()

    def _record(self, answers: Sequence[tuple[Claim, Prediction | JobError]], model: ServedModel) -> None:
        """Answer jobs; those that are to be explained come last, so that nobody waits for that but who asked."""
        to_explain = {claim.unit for claim, _ in answers if JobField.EXPLAIN in claim.record}
        self._leases.answer_all([pair for pair in answers if pair[0].unit not in to_explain])
        for claim, answer in answers:
            if claim.unit not in to_explain:
                continue
            if isinstance(answer, Prediction):
                self._leases.succeed(claim, answer, explanation=self._explainer.explain(claim, model, answer))
            else:
                self._leases.fail(claim, answer)

    def _answer_pack(self, claim: Claim) -> None:
        number = claim.unit.pack or 0
        bucket, batch_id = self._settings.jobs_bucket, claim.unit.job_id
        outcome = self._isolation.give_up(claim) if claim.exhausted else self._classify(claim)
        # The results first: once the pack counts as done, they must be there to read.
        self._store.put(bucket, pack_results_key(batch_id, number), outcome.as_ndjson())
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
            on_decode=self._metrics.decode.observe,
            on_run=self._metrics.note_run,
            watching=self._watchdog.watching,
        )


def _enter_contexts(held: ExitStack, claims: Sequence[Claim], model: ModelRef) -> None:
    """Say in logs and traces what is being answered; of several images at once, all of their jobs."""
    held.enter_context(
        log_context(
            job=",".join(claim.unit.job_id for claim in claims),
            request_id=",".join(claim.record.get(REQUEST_ID, "") for claim in claims).strip(","),
            model=model.version,
        )
    )
    if not is_tracing():
        return
    for claim in claims:
        began, ended = (int(claim.record[name]) / MILLISECONDS for name in ("created_at", "started_at"))
        past_span("wait in the queue", claim.record, began=began, ended=ended)
        attributes: dict[str, str | int] = {
            "meadow.job": claim.unit.job_id,
            "meadow.model": model.version,
            "meadow.images": len(claims),
        }
        held.enter_context(span("classify an image", claim.record, attributes))
