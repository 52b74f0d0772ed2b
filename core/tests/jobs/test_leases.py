import asyncio

import redis

from meadow.schemas.jobs import JobError, JobKind, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow_core.jobs import keys
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings

ERROR = JobError(code="image-undecodable", detail="It is damaged.")


async def submit(submissions: JobSubmissions) -> Unit:
    return Unit((await submissions.submit(JobKind.CLASSIFICATION, image=b"pixels")).job_id)


async def test_a_claim_brings_the_image_and_pins_the_model(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef
) -> None:
    unit = await submit(submissions)
    [claim] = leases.claim_images([unit], model)
    assert (claim.attempt, claim.image) == (1, b"pixels")
    job = await submissions.read(unit.job_id)
    assert (job.state, job.model, job.attempts) == (JobState.RUNNING, model, 1)


async def test_what_is_held_is_not_claimed_again(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef
) -> None:
    unit = await submit(submissions)
    assert leases.claim(unit, model)
    assert leases.claim(unit, model) is None


async def test_a_result_ends_the_job_once(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef, answer: Prediction, redis_client: redis.Redis
) -> None:
    unit = await submit(submissions)
    claim = leases.claim(unit, model)
    assert claim
    assert leases.succeed(claim, answer)
    assert not leases.fail(claim, ERROR)
    job = await submissions.read(unit.job_id)
    assert (job.state, job.result, job.error) == (JobState.SUCCEEDED, answer, None)
    assert redis_client.zcard(keys.LEASES) == 0
    assert leases.claim(unit, model) is None


async def test_a_job_is_open_until_it_is_answered(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef, answer: Prediction
) -> None:
    unit = await submit(submissions)
    assert leases.is_open(unit)
    claim = leases.claim(unit, model)
    assert claim
    assert leases.is_open(unit)
    leases.succeed(claim, answer)
    assert not leases.is_open(unit)
    assert not leases.is_open(Unit("cls_forgotten"))


async def test_an_attempt_that_lost_its_lease_cannot_answer(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef, answer: Prediction
) -> None:
    unit = await submit(submissions)
    slow = leases.claim(unit, model)
    await asyncio.sleep(0.25)
    fresh = leases.claim(unit, model)
    assert slow
    assert fresh
    assert fresh.attempt == 2
    assert not leases.heartbeat(slow)
    assert not leases.fail(slow, ERROR)
    assert leases.succeed(fresh, answer)
    assert (await submissions.read(unit.job_id)).state is JobState.SUCCEEDED


async def test_heartbeats_keep_a_lease_and_report_progress(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef
) -> None:
    unit = Unit((await submissions.submit(JobKind.TRAINING)).job_id)
    claim = leases.claim(unit)
    assert claim
    for epoch in range(3):
        await asyncio.sleep(0.1)
        assert leases.heartbeat(claim, {"done": epoch, "total": 3})
    assert leases.claim(unit, model) is None
    progress = (await submissions.read(unit.job_id)).progress
    assert progress
    assert (progress.done, progress.total) == (2, 3)


async def test_a_cancelled_job_takes_no_answer(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef, answer: Prediction
) -> None:
    unit = await submit(submissions)
    claim = leases.claim(unit, model)
    assert claim
    await submissions.cancel(unit.job_id)
    assert not leases.heartbeat(claim)
    assert not leases.succeed(claim, answer)
    assert (await submissions.read(unit.job_id)).state is JobState.CANCELLED


async def test_a_job_that_kills_its_workers_fails_with_the_reason(
    submissions: JobSubmissions, redis_client: redis.Redis, settings: Settings, model: ModelRef
) -> None:
    given_up: list[Unit] = []
    leases = JobLeases(redis_client, settings, on_given_up=given_up.append)
    unit = await submit(submissions)
    for _ in range(2):
        assert leases.claim(unit, model)
        await asyncio.sleep(0.25)
    assert leases.claim(unit, model) is None
    job = await submissions.read(unit.job_id)
    assert job.state is JobState.FAILED
    assert job.error
    assert job.error.code == "worker-lost"
    assert "2 attempts" in job.error.detail
    assert leases.claim(unit, model) is None
    assert given_up == [unit], "told once"
