"""Heartbeats of a running job, and cancellation through them."""

import threading
import time
from collections.abc import Mapping

import redis

from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_trainer.jobs.lease import TrainingLease
from meadow_trainer.training.callbacks import EpochReport

CLAIM = Claim(Unit("trn_1"), 1, {})


class Heartbeats(JobLeases):
    """Records heartbeats; responds as configured."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str | int]] = []
        self.held = True
        self.down = False
        self.beaten = threading.Event()

    def heartbeat(self, claim: Claim, fields: Mapping[str, str | int] | None = None) -> bool:
        assert claim is CLAIM
        if self.down:
            raise redis.ConnectionError("down")
        self.sent.append(dict(fields or {}))
        self.beaten.set()
        return self.held


def _lease(leases: JobLeases, *, lease_seconds: float = 0.04, shutting_down: bool = False) -> TrainingLease:
    return TrainingLease(leases, CLAIM, lease_seconds=lease_seconds, shutting_down=lambda: shutting_down)


def _wait(condition: object, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if callable(condition) and condition():
            return True
        time.sleep(0.005)
    return False


def test_heartbeats_are_sent_while_lease_is_open_and_stop_after() -> None:
    leases = Heartbeats()
    with _lease(leases):
        assert _wait(lambda: len(leases.sent) >= 3)
    count = len(leases.sent)
    time.sleep(0.1)
    assert len(leases.sent) == count


def test_progress_is_sent_at_once_and_repeated_by_later_heartbeats() -> None:
    leases = Heartbeats()
    with _lease(leases, lease_seconds=60) as lease:
        callbacks = lease.callbacks()
        callbacks.on_epoch(EpochReport(3, 40, 0.5, 0.001, 9.0, 0.875, 0.4))
        callbacks.on_stage("exporting the bundle")
    assert leases.sent[0] == {
        "total": 40, "done": 3, "message": "epoch 3 of 40, loss 0.500, 88% validation accuracy"
    }  # fmt: skip
    assert leases.sent[1] == {"total": 40, "done": 3, "message": "exporting the bundle"}


def test_lost_lease_stops_run() -> None:
    leases = Heartbeats()
    with _lease(leases) as lease:
        callbacks = lease.callbacks()
        assert not callbacks.should_stop()
        leases.held = False
        assert _wait(callbacks.should_stop)
        assert lease.lost


def test_shutdown_stops_run_without_losing_lease() -> None:
    leases = Heartbeats()
    with _lease(leases, shutting_down=True) as lease:
        assert lease.callbacks().should_stop()
        assert not lease.lost


def test_run_survives_briefly_unavailable_redis() -> None:
    leases = Heartbeats()
    leases.down = True
    with _lease(leases) as lease:
        lease.callbacks().on_stage("evaluating")
        time.sleep(0.05)
        assert not lease.callbacks().should_stop()
        leases.down = False
        assert leases.beaten.wait(5)
    assert leases.sent[-1]["message"] == "evaluating"
