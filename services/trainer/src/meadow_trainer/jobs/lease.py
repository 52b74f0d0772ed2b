"""Heartbeat of a running job: renews its lease, reports progress, and detects cancellation."""

import logging
import threading
from collections.abc import Callable
from typing import Self

import redis

from meadow_core.jobs.leases import Claim, JobLeases
from meadow_trainer.training.callbacks import EpochReport, TrainingCallbacks

log = logging.getLogger(__name__)

_BEATS_PER_LEASE = 4


class TrainingLease:
    """Heartbeat thread of one attempt; use as a context manager."""

    def __init__(
        self, leases: JobLeases, claim: Claim, *, lease_seconds: float, shutting_down: Callable[[], bool]
    ) -> None:
        self._leases = leases
        self._claim = claim
        self._pause = lease_seconds / _BEATS_PER_LEASE
        self._shutting_down = shutting_down
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._progress: dict[str, str | int] = {}
        self._thread = threading.Thread(target=self._heartbeat_loop, name="lease", daemon=True)

    def __enter__(self) -> Self:
        """Start the heartbeats."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the heartbeats."""
        self._ended.set()
        self._thread.join()

    @property
    def lost(self) -> bool:
        """Whether the job was cancelled or claimed by another trainer."""
        return self._lost.is_set()

    def callbacks(self) -> TrainingCallbacks:
        """Return callbacks that report progress to the job's record and take cancellation from it."""
        return TrainingCallbacks(
            on_stage=self._on_stage,
            on_epoch=self._on_epoch,
            should_stop=self.should_stop,
        )

    def should_stop(self) -> bool:
        """Return whether the job was cancelled or lost, or this trainer is shutting down."""
        return self._lost.is_set() or self._shutting_down()

    def report_progress(self, done: int, total: int | None) -> None:
        """Record progress, which the next heartbeat sends."""
        self._progress = {**self._progress, "done": done, **({} if total is None else {"total": total})}

    def _on_stage(self, description: str) -> None:
        self._report({"message": description})

    def _on_epoch(self, report: EpochReport) -> None:
        message = f"epoch {report.epoch} of {report.epochs}, loss {report.loss:.3f}"
        if report.validation_accuracy is not None:
            message += f", {report.validation_accuracy:.0%} validation accuracy"
        self._report({"total": report.epochs, "done": report.epoch, "message": message})

    def _report(self, fields: dict[str, str | int]) -> None:
        self._progress = {**self._progress, **fields}
        self._send_heartbeat()

    def _heartbeat_loop(self) -> None:
        while not self._ended.wait(self._pause):
            self._send_heartbeat()

    def _send_heartbeat(self) -> None:
        """Renew the lease; a store that is briefly unavailable does not end the run."""
        try:
            if not self._leases.heartbeat(self._claim, self._progress):
                self._lost.set()
        except redis.RedisError as error:
            log.warning("Could not send a heartbeat: %s", error)
