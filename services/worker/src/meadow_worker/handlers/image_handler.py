"""Answering jobs of one image."""

import time
from collections.abc import Sequence
from contextlib import ExitStack

from meadow.schemas.jobs import JobError
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow.schemas.queues import INTERACTIVE_QUEUE
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.record import waited_seconds
from meadow_core.jobs.waiting import WaitingImages
from meadow_core.log_context import REQUEST_ID, log_context
from meadow_core.tracing import is_tracing, past_span, span
from meadow_worker.explaining.explainer import Explainer
from meadow_worker.handlers.claiming import Claiming
from meadow_worker.heartbeat import Heartbeat
from meadow_worker.inference import classify_claims
from meadow_worker.metrics import WorkerMetrics
from meadow_worker.model_host import ModelHost
from meadow_worker.prediction_monitor import PredictionMonitor
from meadow_worker.served_model import ServedModel

MILLISECONDS = 1000
RUN_IMAGES = 8
"""Most jobs of one image that are answered together: the last one waits for the decoding of all."""


class ImageHandler:
    """Answers a job of one image, and with it a share of those that wait behind it."""

    def __init__(
        self,
        claiming: Claiming,
        leases: JobLeases,
        models: ModelHost,
        waiting: WaitingImages,
        explainer: Explainer,
        heartbeats: Heartbeat,
        monitor: PredictionMonitor,
        metrics: WorkerMetrics,
    ) -> None:
        self._claiming = claiming
        self._leases = leases
        self._models = models
        self._waiting = waiting
        self._explainer = explainer
        self._heartbeats = heartbeats
        self._monitor = monitor
        self._metrics = metrics

    def handle(self, unit: Unit) -> None:
        """Claim the job, if it is still to be answered, and answer it with the current model."""
        model = self._models.current()
        with self._claiming.claimed(lambda: next(iter(self._leases.claim_images([unit], model.ref)), None)) as claim:
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
        began, ended = (int(claim.record[name]) / MILLISECONDS for name in (JobField.CREATED_AT, JobField.STARTED_AT))
        past_span("wait in the queue", claim.record, began=began, ended=ended)
        attributes: dict[str, str | int] = {
            "meadow.job": claim.unit.job_id,
            "meadow.model": model.version,
            "meadow.images": len(claims),
        }
        held.enter_context(span("classify an image", claim.record, attributes))
