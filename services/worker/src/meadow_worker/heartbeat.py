"""One thread an inference process: says that the process lives, and keeps the leases of what it works on."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import redis

from meadow.schemas.models import ModelRef, RefusedModel
from meadow.schemas.status import WorkerStatus
from meadow_core.jobs.fleet import HEARTBEAT_SECONDS, report_worker, retire_worker
from meadow_core.jobs.leases import Claim, JobLeases

BEATS_PER_LEASE = 4

logger = logging.getLogger(__name__)


def host_name() -> str:
    """Name this host, or container."""
    return socket.gethostname()


def worker_name() -> str:
    """Name this process: host and process id."""
    return f"{host_name()}:{os.getpid()}"


class Heartbeat:
    """Heartbeats of a process."""

    def __init__(
        self,
        client: redis.Redis,
        leases: JobLeases,
        *,
        engine: Callable[[], str],
        serving: Callable[[], ModelRef | None],
        refused: Callable[[], RefusedModel | None] = lambda: None,
    ) -> None:
        self._client = client
        self._leases = leases
        self._engine = engine
        self._serving = serving
        self._refused = refused
        self._held: dict[int, Claim] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)

    def start(self) -> None:
        """Begin to report; a Redis that is away learns of the process once it is back."""
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Say that the process ends."""
        self._stop.set()
        if self._thread.is_alive():
            # A report under way would bring the process back after it was retired.
            self._thread.join(HEARTBEAT_SECONDS)
        retire_worker(self._client, worker_name())

    def report(self) -> None:
        """Say that the process lives and what it serves, now."""
        status = WorkerStatus(
            worker=worker_name(),
            engine=self._engine(),
            model=self._serving(),
            refused=self._refused(),
            seen_at=datetime.now(UTC),
        )
        report_worker(self._client, status)

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Keep a lease alive while the work is done."""
        key = id(claim)
        with self._lock:
            self._held[key] = claim
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(key, None)

    def _run(self) -> None:
        while not self._stop.wait(min(HEARTBEAT_SECONDS, self._leases.lease_seconds / BEATS_PER_LEASE)):
            self._beat()

    def _beat(self) -> None:
        try:
            with self._lock:
                held = list(self._held.values())
            for claim in held:
                self._leases.heartbeat(claim)
            self.report()
        except redis.RedisError as error:
            logger.warning("could not send heartbeats: %s", error)
        except Exception:
            # Heartbeats that ended quietly would have the work of this process done again by others.
            logger.exception("failed to send heartbeats; trying again")
