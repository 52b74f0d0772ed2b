"""However a job ends, its webhook is due from that very step on."""

import redis

from meadow.schemas.jobs import JobError, JobKind
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow_core.jobs import keys
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.record import text
from meadow_core.jobs.submissions import JobSubmissions

WEBHOOK = {"webhook_url": "https://receiver.example/"}


def due(client: redis.Redis) -> set[str]:
    return {text(name) for name in client.zrange(keys.WEBHOOKS, 0, -1)}


async def test_an_answered_job_and_a_failed_one(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef, answer: Prediction, redis_client: redis.Redis
) -> None:
    good, bad, quiet = [
        (await submissions.submit(JobKind.CLASSIFICATION, image=b"x", fields=fields)).job_id
        for fields in (WEBHOOK, WEBHOOK, {})
    ]
    claims = [leases.claim(Unit(job_id), model) for job_id in (good, bad, quiet)]
    assert all(claims)
    assert due(redis_client) == set()
    assert claims[0]
    assert leases.succeed(claims[0], answer)
    assert claims[1]
    assert leases.fail(claims[1], JobError(code="image-undecodable", detail="cut"))
    assert claims[2]
    assert leases.succeed(claims[2], answer)
    assert due(redis_client) == {good, bad}
    assert (await submissions.read(quiet)).webhook is None


async def test_a_batch_whose_last_pack_is_answered(
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    leases: JobLeases,
    model: ModelRef,
    redis_client: redis.Redis,
) -> None:
    batch = (await submissions.submit(JobKind.BATCH, fields=WEBHOOK)).job_id
    await batches.add_pack(batch, 0, 2)
    await batches.seal(batch, 1)
    claim = leases.claim_pack(Unit(batch, 0), model)
    assert claim
    assert due(redis_client) == set()
    assert leases.finish_pack(claim, succeeded=2, failed=0, classes={"grass": 2})
    assert due(redis_client) == {batch}


async def test_a_batch_that_is_sealed_after_its_last_answer(
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    leases: JobLeases,
    model: ModelRef,
    redis_client: redis.Redis,
) -> None:
    batch = (await submissions.submit(JobKind.BATCH, fields=WEBHOOK)).job_id
    await batches.add_pack(batch, 0, 1)
    claim = leases.claim_pack(Unit(batch, 0), model)
    assert claim
    assert leases.finish_pack(claim, succeeded=1, failed=0, classes={})
    assert due(redis_client) == set()
    await batches.seal(batch, 1)
    assert due(redis_client) == {batch}


async def test_a_job_that_is_given_up_with_its_worker(
    submissions: JobSubmissions, leases: JobLeases, redis_client: redis.Redis
) -> None:
    run = (await submissions.submit(JobKind.TRAINING, fields=WEBHOOK)).job_id
    redis_client.hset(keys.job(run), "attempts", 99)
    assert leases.claim(Unit(run)) is None
    assert due(redis_client) == {run}
    assert (await submissions.read(run)).error
