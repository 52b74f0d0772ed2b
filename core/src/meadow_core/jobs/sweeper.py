"""What sees to it that every accepted job ends, whatever was killed in between.

Leases that ran out, messages that were lost with their worker, jobs that waited past their deadline: a sweep finds
them and acts. Any number of sweepers may run at once; each step is atomic.
"""

import json
import logging
import math
import time
from collections.abc import Callable
from enum import StrEnum
from typing import cast

import redis

from meadow.schemas.jobs import JobState
from meadow.schemas.queues import QUEUES
from meadow_core.jobs import keys
from meadow_core.jobs.fleet import prune_workers
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.record import text
from meadow_core.jobs.scripts import load_script
from meadow_core.jobs.unit_keys import message_for, unit_keys
from meadow_core.settings.jobs import JobSettings

SWEEP_SECONDS = 1.0
LOST_AFTER_SECONDS = 10.0
"""A message that has been out of its queue for so long without a claim is taken for lost."""
UNITS_PER_SWEEP = 500

logger = logging.getLogger(__name__)


class SweptFor(StrEnum):
    """Why a sweep acted on a unit of work."""

    LEASE = "lease"
    """Its lease ran out, or its worker is known to be dead: sent again."""
    MESSAGE = "message"
    """Its message was lost: sent again."""
    DEADLINE = "deadline"
    """It waited for too long: expired."""


class Sweeper:
    """Finds work that nobody is doing, and has it done."""

    def __init__(
        self,
        client: redis.Redis,
        settings: JobSettings,
        *,
        lost_after_seconds: float = LOST_AFTER_SECONDS,
        on_swept: Callable[[SweptFor], None] = lambda _: None,
    ) -> None:
        self._redis = client
        self._lost_after_seconds = lost_after_seconds
        self._on_swept = on_swept
        self._retention_ms = max(settings.job_retention_seconds, settings.batch_retention_seconds) * 1000
        self._deadline_ms = settings.job_deadline_seconds * 1000
        self._out_of_queue: dict[str, dict[str, float]] = {}
        """Queue -> unit -> since when every sweep has seen it waiting without a message."""
        self._requeue = client.register_script(load_script("requeue"))
        self._cancel = client.register_script(load_script("cancel"))

    def sweep(self) -> int:
        """Make one round.

        Returns:
            How many units were sent again or expired.
        """
        acted = self._retry_ended_leases()
        for queue in QUEUES:
            acted += self._see_to_waiting(queue)
        prune_workers(self._redis)
        self._redis.zremrangebyscore(keys.JOB_INDEX, 0, time.time() * 1000 - self._retention_ms)
        return acted

    def release(self, unit: Unit) -> None:
        """End the lease of a unit whose worker is known to be dead, so that the next sweep retries it."""
        self._redis.zadd(keys.LEASES, {str(unit): 0}, xx=True)

    def _retry_ended_leases(self) -> int:
        acted = 0
        for name in self._redis.zrangebyscore(keys.LEASES, 0, time.time(), start=0, num=UNITS_PER_SWEEP):
            acted += self._send_again(text(name), SweptFor.LEASE, "")
        return acted

    def _see_to_waiting(self, queue: str) -> int:
        """Expire what waited too long; send again what waits although its message is not in the queue.

        The queue is first-in first-out and messages are enqueued in the order of their scores, so whatever has waited
        longer than the message that is next cannot be in the queue any more.
        """
        reply = self._redis.zrange(keys.waiting(queue), 0, UNITS_PER_SWEEP - 1, withscores=True)
        oldest = {text(name): score for name, score in cast("list[tuple[bytes, float]]", reply)}
        next_score = self._score_of_next(queue)
        seen_before, now = self._out_of_queue.get(queue, {}), time.monotonic()
        # A message is on its way for a moment whenever a worker takes it: only what stays out of the queue is lost.
        out_of_queue = {name: seen_before.get(name, now) for name, score in oldest.items() if score < next_score}
        self._out_of_queue[queue] = out_of_queue
        lost = [name for name, since in out_of_queue.items() if now - since >= self._lost_after_seconds]
        overdue = [name for name, score in oldest.items() if score < time.time() * 1000 - self._deadline_ms]
        acted = sum(self._expire(Unit.parse(name)) for name in overdue)
        return acted + sum(self._send_again(name, SweptFor.MESSAGE, _lua_number(oldest[name])) for name in lost)

    def _score_of_next(self, queue: str) -> float:
        """Return since when the queue's next message waits; infinity for an empty queue, which holds nobody's."""
        head = cast("bytes | None", self._redis.lindex(queue, -1))
        if head is None:
            return math.inf
        score = self._redis.zscore(keys.waiting(queue), json.loads(head)["headers"]["id"])
        # The message of a unit that no longer waits says nothing of the others.
        return 0.0 if score is None else float(score)

    def _expire(self, unit: Unit) -> bool:
        """End a job that waited past its deadline; packs and training runs have none."""
        if unit.pack is not None or self._cancel(unit_keys(unit), [str(unit), JobState.EXPIRED.value]) != b"done":
            return False
        self._on_swept(SweptFor.DEADLINE)
        return True

    def _send_again(self, name: str, why: SweptFor, waiting_since: str) -> int:
        unit = Unit.parse(name)
        sent = int(self._requeue(unit_keys(unit), [name, message_for(unit), why.value, waiting_since]))
        if sent:
            self._on_swept(why)
            logger.warning("sent %s again: its %s was lost", name, why)
        return sent


def _lua_number(score: float) -> str:
    """Write a score as Redis prints it."""
    return str(int(score)) if score.is_integer() else repr(score)
