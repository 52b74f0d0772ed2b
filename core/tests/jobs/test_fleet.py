from datetime import UTC, datetime, timedelta

import redis
from redis.asyncio import Redis

from meadow.schemas.jobs import JobKind
from meadow.schemas.models import ModelRef
from meadow.schemas.queues import INTERACTIVE_QUEUE
from meadow.schemas.status import WorkerStatus
from meadow_core.jobs.fleet import prune_workers, read_status, report_worker, retire_worker
from meadow_core.jobs.submissions import JobSubmissions


def status(name: str, age: float, model: ModelRef) -> WorkerStatus:
    seen = datetime.now(UTC) - timedelta(seconds=age)
    return WorkerStatus(worker=name, engine="openvino", model=model, seen_at=seen)


async def test_only_workers_that_report_are_counted(
    redis_client: redis.Redis, async_redis: Redis, model: ModelRef
) -> None:
    for name, age in (("alive", 1), ("silent", 60), ("retired", 1)):
        report_worker(redis_client, status(name, age, model))
    retire_worker(redis_client, "retired")
    assert [one.worker for one in (await read_status(async_redis)).workers] == ["alive"]
    prune_workers(redis_client)
    assert redis_client.hlen("meadow:workers") == 1


async def test_depth_and_age_of_a_queue(submissions: JobSubmissions, async_redis: Redis) -> None:
    for _ in range(2):
        await submissions.submit(JobKind.CLASSIFICATION, image=b"abc")
    seen = await read_status(async_redis)
    interactive = next(queue for queue in seen.queues if queue.name == INTERACTIVE_QUEUE)
    assert interactive.depth == 2
    assert interactive.oldest_age_seconds is not None
    assert 0 <= interactive.oldest_age_seconds < 5
    assert seen.inflight_bytes == 6
