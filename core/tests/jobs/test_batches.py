import pytest
import redis

from meadow.jobs import keys
from meadow.jobs.batches import BatchSubmissions
from meadow.jobs.keys import Unit
from meadow.jobs.leases import Claim, JobLeases
from meadow.jobs.model import JobKind, JobState
from meadow.jobs.submissions import JobSubmissions
from meadow.names import BATCH_QUEUE
from meadow.problems import ProblemError
from meadow.registry.model import ModelRef


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
    assert sealed.value.problem.code == "batch-sealed"


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
