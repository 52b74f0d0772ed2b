"""Who works, and how much waits."""

import time
from datetime import UTC, datetime, timedelta

import redis
from redis.asyncio import Redis

from meadow.schemas.queues import QUEUES
from meadow.schemas.status import QueueStatus, SystemStatus, WorkerStatus
from meadow_core.jobs import keys

HEARTBEAT_SECONDS = 2.0
SILENT_AFTER = timedelta(seconds=10)
"""A worker that has not reported for so long is not counted any more."""


def report_worker(client: redis.Redis, status: WorkerStatus) -> None:
    """Say that a worker process lives and what it serves."""
    client.hset(keys.WORKERS, status.worker, status.model_dump_json())


def retire_worker(client: redis.Redis, worker: str) -> None:
    """Say that a worker process has ended."""
    client.hdel(keys.WORKERS, worker)


def prune_workers(client: redis.Redis) -> None:
    """Forget the workers that went silent without a word."""
    oldest = datetime.now(UTC) - SILENT_AFTER
    for name, value in client.hgetall(keys.WORKERS).items():
        if WorkerStatus.model_validate_json(value).seen_at < oldest:
            client.hdel(keys.WORKERS, name)


async def read_status(client: Redis) -> SystemStatus:
    """Read depth and oldest age of every queue, and the workers that live."""
    now = datetime.now(UTC)
    queues: list[QueueStatus] = []
    for queue in QUEUES:
        async with client.pipeline(transaction=False) as pipe:
            pipe.llen(queue)
            pipe.zrange(keys.waiting(queue), 0, 0, withscores=True)
            depth, oldest = await pipe.execute()
        age = max(time.time() - oldest[0][1] / 1000, 0.0) if oldest else None
        queues.append(QueueStatus(name=queue, depth=depth, oldest_age_seconds=age))
    raw = await client.hvals(keys.WORKERS)
    workers = [WorkerStatus.model_validate_json(value) for value in raw]
    alive = sorted((one for one in workers if now - one.seen_at < SILENT_AFTER), key=lambda one: one.worker)
    return SystemStatus(queues=queues, workers=alive, inflight_bytes=int(await client.get(keys.INFLIGHT_BYTES) or 0))
