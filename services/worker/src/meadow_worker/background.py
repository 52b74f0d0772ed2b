"""What a worker host does beside inference, in threads of Celery's main process."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import redis

from meadow.schemas.status import WorkerStatus
from meadow_core.jobs.fleet import HEARTBEAT_SECONDS, report_worker, retire_worker
from meadow_core.jobs.sweeper import SWEEP_SECONDS, Sweeper
from meadow_core.storage.errors import StoreError
from meadow_worker.heartbeat import worker_name
from meadow_worker.model_sync import ModelSync

GARBAGE_SECONDS = 3_600.0
"""How often objects that nobody needs are looked for."""

logger = logging.getLogger(__name__)


class GarbageCollector(Protocol):
    """Objects of one kind that are deleted once nobody needs them."""

    def sweep(self) -> int:
        """Delete them, and return how many there were."""


class Background:
    """The model's sync, the sweeper of lost work, and the report of a host that still waits for a model."""

    def __init__(
        self,
        client: redis.Redis,
        sync: ModelSync,
        sweeper: Sweeper,
        collectors: Sequence[GarbageCollector],
        *,
        engine: str,
    ) -> None:
        self._client = client
        self._sync = sync
        self._sweeper = sweeper
        self._collectors = collectors
        self._engine = engine
        self._stop = threading.Event()
        self._has_model = threading.Event()

    def wait_for_model(self) -> bool:
        """Report the host as waiting until there is a model to serve; False when stopped before."""
        waiting = threading.Thread(target=self._report_waiting, name="waiting", daemon=True)
        waiting.start()
        found = self._sync.wait_for_model()
        self._has_model.set()
        waiting.join()
        return found

    def start(self) -> None:
        """Begin to keep the model fresh and to sweep."""
        for name, target in (
            ("model-sync", self._sync.run),
            ("sweeper", self._sweep),
            ("garbage collection", self._collect_garbage),
        ):
            threading.Thread(target=target, name=name, daemon=True).start()

    def stop(self) -> None:
        """End every thread."""
        self._stop.set()
        self._has_model.set()
        self._sync.stop()

    def _sweep(self) -> None:
        while not self._stop.wait(SWEEP_SECONDS):
            try:
                self._sweeper.sweep()
            except redis.RedisError as error:
                logger.warning("could not sweep: %s", error)
            except Exception:
                # A sweeper that ended quietly would leave lost jobs lost.
                logger.exception("the sweep failed; trying again")

    def _collect_garbage(self) -> None:
        while True:
            for collector in self._collectors:
                try:
                    collector.sweep()
                except (StoreError, redis.RedisError) as error:
                    logger.warning("could not delete what is left over: %s", error)
                except Exception:
                    logger.exception("the search for what is left over failed; trying again")
            if self._stop.wait(GARBAGE_SECONDS):
                break

    def _report_waiting(self) -> None:
        while True:
            try:
                now = datetime.now(UTC)
                report_worker(
                    self._client,
                    WorkerStatus(
                        worker=worker_name(),
                        engine=self._engine,
                        model=None,
                        refused=self._sync.refused(),
                        seen_at=now,
                    ),
                )
            except redis.RedisError as error:
                logger.warning("could not report: %s", error)
            if self._has_model.wait(HEARTBEAT_SECONDS):
                break
        try:
            retire_worker(self._client, worker_name())
        except redis.RedisError as error:
            logger.warning("could not retire: %s", error)
