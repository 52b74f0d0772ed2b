import asyncio
from collections.abc import Callable

import redis

from meadow.schemas.jobs import JobKind, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow.schemas.queues import BATCH_QUEUE, INTERACTIVE_QUEUE
from meadow_core.jobs import keys
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.jobs.sweeper import Sweeper, SweptFor
from meadow_core.settings import Settings


async def submit(submissions: JobSubmissions) -> Unit:
    return Unit((await submissions.submit(JobKind.CLASSIFICATION, image=b"x")).job_id)


async def test_a_quiet_system_is_left_alone(
    submissions: JobSubmissions, sweeper: Sweeper, redis_client: redis.Redis
) -> None:
    for _ in range(3):
        await submit(submissions)
    assert [sweeper.sweep() for _ in range(3)] == [0, 0, 0]
    assert redis_client.llen(INTERACTIVE_QUEUE) == 3


async def test_work_whose_heartbeat_stopped_is_sent_again_and_answered_once(
    submissions: JobSubmissions,
    leases: JobLeases,
    sweeper: Sweeper,
    redis_client: redis.Redis,
    model: ModelRef,
    answer: Prediction,
) -> None:
    unit = await submit(submissions)
    redis_client.lpop(INTERACTIVE_QUEUE)
    dead = leases.claim(unit, model)
    assert dead
    assert sweeper.sweep() == 0
    await asyncio.sleep(0.25)
    assert sweeper.sweep() == 1
    assert redis_client.llen(INTERACTIVE_QUEUE) == 1
    alive = leases.claim(unit, model)
    assert alive
    assert leases.succeed(alive, answer)
    assert not leases.succeed(dead, answer)
    assert (await submissions.read(unit.job_id)).attempts == 2


async def test_a_lease_that_is_released_need_not_run_out(
    batches: BatchSubmissions,
    submissions: JobSubmissions,
    leases: JobLeases,
    sweeper: Sweeper,
    redis_client: redis.Redis,
    model: ModelRef,
) -> None:
    unit = Unit((await submissions.submit(JobKind.BATCH)).job_id, 0)
    await batches.add_pack(unit.job_id, 0, 1)
    redis_client.lpop(BATCH_QUEUE)
    assert leases.claim_pack(unit, model)
    sweeper.release(unit)
    assert sweeper.sweep() == 1
    assert redis_client.llen(BATCH_QUEUE) == 1


async def test_a_message_that_died_with_its_worker_is_sent_again(
    submissions: JobSubmissions, redis_client: redis.Redis, settings: Settings
) -> None:
    sweeper = Sweeper(redis_client, settings, lost_after_seconds=0.1)
    lost = await submit(submissions)
    await asyncio.sleep(0.003)
    await submit(submissions)
    redis_client.rpop(INTERACTIVE_QUEUE)
    assert sweeper.sweep() == 0, "it may be on its way to a worker"
    await asyncio.sleep(0.15)
    assert sweeper.sweep() == 1
    queued = [str(raw) for raw in redis_client.lrange(INTERACTIVE_QUEUE, 0, -1)]
    assert len(queued) == 2
    assert str(lost) in queued[0]
    assert sweeper.sweep() == 0


async def test_a_job_past_its_deadline_expires_and_frees_its_image(
    make_submissions: Callable[..., JobSubmissions], redis_client: redis.Redis, settings: Settings
) -> None:
    changed = {"job_deadline_seconds": 0}
    submissions = make_submissions(**changed)
    unit = await submit(submissions)
    await asyncio.sleep(0.01)
    swept: list[SweptFor] = []
    assert Sweeper(redis_client, settings.model_copy(update=changed), on_swept=swept.append).sweep() == 1
    assert swept == [SweptFor.DEADLINE]
    assert (await submissions.read(unit.job_id)).state is JobState.EXPIRED
    assert int(redis_client.get(keys.INFLIGHT_BYTES) or 0) == 0


async def test_an_expired_job_is_not_started(
    make_submissions: Callable[..., JobSubmissions], leases: JobLeases, model: ModelRef
) -> None:
    submissions = make_submissions(job_deadline_seconds=0)
    unit = await submit(submissions)
    await asyncio.sleep(0.01)
    assert leases.claim(unit, model) is None
    assert (await submissions.read(unit.job_id)).state is JobState.EXPIRED
