"""What a process notices about its answers, beside giving them: counts for drift, and uncertain images for people.

Nothing here may slow an answer down or fail it. Answers are counted in memory and passed on every few seconds;
uncertain images wait in a short line, and when that is full they are let go: it is a sample anyway.
"""

import logging
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from queue import Empty, Full, Queue

import redis

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction
from meadow_core.quality.counts import fields_of
from meadow_core.quality.window import add_counts
from meadow_core.review.review_set import ReviewSet
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.errors import StoreError
from meadow_core.storage.s3 import ObjectStore

FLUSH_SECONDS = 2.0
MOST_WAITING = 4
"""Uncertain images in memory at most, and kept at each turn: storing one costs about as much as answering one."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class UncertainAnswer:
    """An answer that a person should look at."""

    image: bytes
    prediction: Prediction
    model: ModelRef
    job_id: str
    name: str


class PredictionMonitor:
    """Counts answers and keeps uncertain ones, in a thread of its own."""

    def __init__(self, client: redis.Redis, store: ObjectStore, settings: WorkerSettings) -> None:
        self._redis = client
        self._kept_seconds = settings.quality_seconds
        self._reviews = ReviewSet(client, store, settings)
        self._wanted = settings.review_images > 0
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._lock = threading.Lock()
        self._uncertain: Queue[UncertainAnswer] = Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-monitor", daemon=True)

    def start(self) -> None:
        """Begin to pass on what is noted."""
        self._thread.start()

    def stop(self) -> None:
        """Pass on what is left."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(FLUSH_SECONDS)
        self.flush()

    def note(self, prediction: Prediction, model: ModelRef, image: bytes, *, job_id: str, name: str) -> None:
        """Take notice of an answer."""
        with self._lock:
            self._counts[model.version].update(fields_of(prediction))
        if self._wanted and prediction.decision is not Decision.CONFIDENT:
            try:
                self._uncertain.put_nowait(UncertainAnswer(image, prediction, model, job_id, name))
            except Full:
                return

    def flush(self) -> None:
        """Pass on the counts; they stay here while Redis is away."""
        with self._lock:
            counts, self._counts = self._counts, defaultdict(Counter)
        for version, counted in counts.items():
            try:
                add_counts(self._redis, version, counted, kept_seconds=self._kept_seconds)
            except redis.RedisError as error:
                logger.warning("could not pass on the counts of answers: %s", error)
                with self._lock:
                    self._counts[version].update(counted)

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()
            self._keep_uncertain()

    def _keep_uncertain(self) -> None:
        while not self._stop.is_set():
            try:
                one = self._uncertain.get_nowait()
            except Empty:
                return
            try:
                self._reviews.offer(one.image, one.prediction, one.model, job_id=one.job_id, name=one.name)
            except (StoreError, redis.RedisError) as error:
                logger.warning("could not keep an uncertain image for review: %s", error)
            except Exception:
                # A watch that ended quietly would stop counting for good.
                logger.exception("failed to keep an uncertain image for review")
