import asyncio

import pytest
import redis

from meadow.schemas.jobs import JobError, JobKind, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.queues import BATCH_QUEUE
from meadow_core.errors import ProblemError
from meadow_core.jobs import keys
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings


@pytest.fixture
async def batch_id(submissions: JobSubmissions) -> str:
    return (await submissions.submit(JobKind.BATCH, fields={"name": "lawns"})).job_id


def claim(leases: JobLeases, batch_id: str, number: int, model: ModelRef) -> Claim:
    taken = leases.claim_pack(Unit(batch_id, number), model)
    assert taken is not None
    return taken


async def test_a_batch_is_finished_with_its_last_pack(
    submissions: JobSubmissions, batches: BatchSubmissions, leases: JobLeases, model: ModelRef, batch_id: str
) -> None:
    await batches.add_pack(batch_id, 0, 3)
    await batches.add_pack(batch_id, 1, 2)
    assert leases.finish_pack(claim(leases, batch_id, 1, model), succeeded=2, failed=0, classes={"grass": 2})
    await batches.seal(batch_id, 2)
    running = await submissions.read(batch_id)
    assert (running.state, running.sealed) == (JobState.RUNNING, True)
    assert leases.finish_pack(
        claim(leases, batch_id, 0, model), succeeded=2, failed=1, classes={"grass": 1, "dandelion": 1}
    )
    job = await submissions.read(batch_id)
    assert job.state is JobState.SUCCEEDED
    assert job.progress
    assert (job.progress.total, job.progress.done, job.progress.failed) == (5, 5, 1)
    assert job.progress.classes == {"dandelion": 1, "grass": 3}


async def test_a_pack_is_enqueued_and_counted_once_by_its_number(
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    leases: JobLeases,
    model: ModelRef,
    batch_id: str,
    redis_client: redis.Redis,
) -> None:
    await batches.add_pack(batch_id, 0, 3)
    await batches.add_pack(batch_id, 0, 3)
    assert redis_client.llen(BATCH_QUEUE) == 1
    assert await batches.has_pack(batch_id, 0)
    taken = claim(leases, batch_id, 0, model)
    assert leases.finish_pack(taken, succeeded=3, failed=0, classes={})
    assert not leases.finish_pack(taken, succeeded=3, failed=0, classes={})
    assert leases.claim_pack(Unit(batch_id, 0), model) is None
    job = await submissions.read(batch_id)
    assert job.progress
    assert (job.progress.total, job.progress.done) == (3, 3)


async def test_every_pack_is_pinned_to_the_version_of_the_first(
    batches: BatchSubmissions, leases: JobLeases, model: ModelRef, batch_id: str
) -> None:
    for number in range(2):
        await batches.add_pack(batch_id, number, 1)
    claim(leases, batch_id, 0, model)
    newer = ModelRef(name=model.name, version="2", digest="d2")
    assert claim(leases, batch_id, 1, newer).record["model_version"] == model.version


async def test_a_seal_needs_every_pack(batches: BatchSubmissions, batch_id: str) -> None:
    await batches.add_pack(batch_id, 0, 1)
    await batches.add_pack(batch_id, 2, 1)
    with pytest.raises(ProblemError, match="Pack 1 of 3"):
        await batches.seal(batch_id, 3)
    await batches.add_pack(batch_id, 1, 1)
    with pytest.raises(ProblemError, match="3 packs, not 2"):
        await batches.seal(batch_id, 2)
    await batches.seal(batch_id, 3)
    await batches.seal(batch_id, 3)
    with pytest.raises(ProblemError) as sealed:
        await batches.add_pack(batch_id, 3, 1)
    assert sealed.value.code == "batch-sealed"


async def test_a_batch_without_packs_cannot_be_sealed(batches: BatchSubmissions, batch_id: str) -> None:
    with pytest.raises(ProblemError, match="Pack 0 of 1"):
        await batches.seal(batch_id, 1)


async def test_a_cancelled_batch_keeps_its_counts_and_takes_no_more(
    submissions: JobSubmissions, batches: BatchSubmissions, leases: JobLeases, model: ModelRef, batch_id: str
) -> None:
    for number in range(2):
        await batches.add_pack(batch_id, number, 1)
    assert leases.finish_pack(claim(leases, batch_id, 0, model), succeeded=1, failed=0, classes={"grass": 1})
    running = claim(leases, batch_id, 1, model)
    await submissions.cancel(batch_id)
    assert not leases.finish_pack(running, succeeded=1, failed=0, classes={"grass": 1})
    job = await submissions.read(batch_id)
    assert job.state is JobState.CANCELLED
    assert job.progress
    assert job.progress.done == 1


async def test_a_pack_that_kills_its_workers_is_handed_out_to_be_given_up(
    batches: BatchSubmissions, leases: JobLeases, model: ModelRef, batch_id: str, redis_client: redis.Redis
) -> None:
    await batches.add_pack(batch_id, 0, 1)
    for _ in range(2):
        assert not claim(leases, batch_id, 0, model).exhausted
        redis_client.zadd(keys.LEASES, {f"{batch_id}/0": 0})
    assert claim(leases, batch_id, 0, model).exhausted


async def test_a_postponed_pack_comes_back_without_a_lost_attempt(
    batches: BatchSubmissions, leases: JobLeases, model: ModelRef, batch_id: str, redis_client: redis.Redis
) -> None:
    await batches.add_pack(batch_id, 0, 1)
    assert leases.postpone(claim(leases, batch_id, 0, model), 60)
    assert leases.claim_pack(Unit(batch_id, 0), model) is None
    redis_client.zadd(keys.LEASES, {f"{batch_id}/0": 0})
    assert claim(leases, batch_id, 0, model).attempt == 1


async def test_a_pack_tells_for_how_long_it_is_postponed_until_it_is_answered(
    batches: BatchSubmissions, leases: JobLeases, model: ModelRef, batch_id: str, redis_client: redis.Redis
) -> None:
    await batches.add_pack(batch_id, 0, 1)
    await batches.add_pack(batch_id, 1, 1)
    first = claim(leases, batch_id, 0, model)
    assert leases.postponed_seconds(first) == 0
    for _ in range(2):
        assert leases.postpone(first, 0)
        await asyncio.sleep(0.02)
        first = claim(leases, batch_id, 0, model)
    assert 0.04 <= leases.postponed_seconds(first) < 10
    assert leases.postponed_seconds(claim(leases, batch_id, 1, model)) == 0
    assert leases.finish_pack(first, succeeded=1, failed=0, classes={})
    assert redis_client.hkeys(keys.pack_attempts(batch_id)) == [b"1"]


async def test_a_pack_can_fail_its_batch_as_long_as_it_is_held(
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    leases: JobLeases,
    model: ModelRef,
    batch_id: str,
    redis_client: redis.Redis,
) -> None:
    error = JobError(code="source-unreadable", detail="It is gone.")
    await batches.add_pack(batch_id, 0, 1)
    lost = claim(leases, batch_id, 0, model)
    redis_client.zadd(keys.LEASES, {f"{batch_id}/0": 0})
    held = claim(leases, batch_id, 0, model)
    assert not leases.fail_batch(lost, error)
    assert leases.fail_batch(held, error)
    assert not leases.fail_batch(held, error)
    job = await submissions.read(batch_id)
    assert (job.state, job.error) == (JobState.FAILED, error)


PARTS = (keys.job, keys.classes, keys.packs_added, keys.packs_done, keys.pack_attempts)


def lives(client: redis.Redis, batch_id: str) -> list[float]:
    """For how long each part of a batch's record that is there is kept, in seconds; -1: for good."""
    ends = [client.pttl(key_of(batch_id)) for key_of in PARTS]
    return [end if end == -1 else end / 1000 for end in ends if end != -2]


async def test_a_batch_that_is_never_sealed_goes_once_nothing_comes_of_it(
    batches: BatchSubmissions,
    leases: JobLeases,
    model: ModelRef,
    batch_id: str,
    settings: Settings,
    redis_client: redis.Redis,
) -> None:
    kept = settings.batch_retention_seconds

    def all_are_kept_anew(parts: int) -> bool:
        found = lives(redis_client, batch_id)
        for key_of in PARTS:
            redis_client.expire(key_of(batch_id), 60)
        return len(found) == parts and all(kept - 10 < life <= kept for life in found)

    assert all_are_kept_anew(1)
    await batches.add_pack(batch_id, 0, 1)
    assert all_are_kept_anew(2)
    first = claim(leases, batch_id, 0, model)
    assert all_are_kept_anew(3)
    await batches.add_pack(batch_id, 1, 1)
    assert all_are_kept_anew(3)
    claim(leases, batch_id, 1, model)
    assert leases.finish_pack(first, succeeded=1, failed=0, classes={"grass": 1})
    assert all_are_kept_anew(5)
    for key_of in PARTS:
        redis_client.pexpire(key_of(batch_id), 1)
    await asyncio.sleep(0.01)
    with pytest.raises(ProblemError) as gone:
        await batches.add_pack(batch_id, 2, 1)
    assert gone.value.code == "job-gone"
    assert leases.claim_pack(Unit(batch_id, 1), model) is None


async def test_a_sealed_batch_is_kept_until_it_has_ended_and_for_its_retention_then(
    batches: BatchSubmissions,
    leases: JobLeases,
    model: ModelRef,
    batch_id: str,
    settings: Settings,
    redis_client: redis.Redis,
) -> None:
    for number in range(2):
        await batches.add_pack(batch_id, number, 1)
    assert leases.finish_pack(claim(leases, batch_id, 0, model), succeeded=1, failed=0, classes={"grass": 1})
    await batches.seal(batch_id, 2)
    assert set(lives(redis_client, batch_id)) == {-1}
    last = claim(leases, batch_id, 1, model)
    assert set(lives(redis_client, batch_id)) == {-1}
    assert leases.finish_pack(last, succeeded=1, failed=0, classes={"grass": 1})
    kept = settings.batch_retention_seconds
    assert all(kept - 10 < life <= kept for life in lives(redis_client, batch_id))


async def test_a_batch_that_fills_itself_is_kept_until_it_has_ended(
    submissions: JobSubmissions, redis_client: redis.Redis
) -> None:
    filled = (await submissions.submit(JobKind.BATCH, fields={"source": "{}"})).job_id
    assert lives(redis_client, filled) == [-1]
