import asyncio
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from meadow.schemas.jobs import JobKind, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow.schemas.queues import INTERACTIVE_QUEUE
from meadow_core.errors import ProblemError
from meadow_core.jobs import keys
from meadow_core.jobs.ids import JobIds
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.submissions import SENT_AHEAD_BYTES, IdempotencyKey, JobSubmissions

CLASSIFICATION = JobKind.CLASSIFICATION


async def test_an_accepted_job_is_queued_with_its_image_and_its_message(
    submissions: JobSubmissions, async_redis: Redis
) -> None:
    accepted = await submissions.submit(CLASSIFICATION, image=b"pixels", fields={"name": "a.jpg"})
    job = await submissions.read(accepted.job_id)
    assert (job.state, job.name, job.kind) == (JobState.QUEUED, "a.jpg", CLASSIFICATION)
    assert await async_redis.get(keys.image(job.id)) == b"pixels"
    assert await async_redis.llen(INTERACTIVE_QUEUE) == 1
    assert int(await async_redis.get(keys.INFLIGHT_BYTES) or 0) == len(b"pixels")


SENT_AHEAD = b"x" * SENT_AHEAD_BYTES
STAYS = -1
"""The time to live of a key that has none."""


@pytest.mark.parametrize("image", [b"x", SENT_AHEAD], ids=["with its job", "sent ahead"])
async def test_a_full_queue_refuses_and_leaves_nothing_behind(
    make_submissions: Callable[..., JobSubmissions], async_redis: Redis, image: bytes
) -> None:
    submissions = make_submissions(max_queue_depth=2)
    for _ in range(2):
        await submissions.submit(CLASSIFICATION, image=image)
    before = await async_redis.dbsize()
    with pytest.raises(ProblemError) as refusal:
        await submissions.submit(CLASSIFICATION, image=image)
    assert refusal.value.code == "overloaded"
    assert refusal.value.retry_after
    assert await async_redis.dbsize() == before


@pytest.mark.parametrize("image", [b"x" * 8, SENT_AHEAD], ids=["with its job", "sent ahead"])
async def test_in_flight_bytes_are_limited_and_given_back(
    make_submissions: Callable[..., JobSubmissions],
    leases: JobLeases,
    model: ModelRef,
    answer: Prediction,
    image: bytes,
) -> None:
    submissions = make_submissions(max_inflight_bytes=len(image) + 2)
    first = await submissions.submit(CLASSIFICATION, image=image)
    with pytest.raises(ProblemError, match="in-flight bytes"):
        await submissions.submit(CLASSIFICATION, image=image)
    claim = leases.claim(Unit(first.job_id), model)
    assert claim is not None
    leases.succeed(claim, answer)
    await submissions.submit(CLASSIFICATION, image=image)


async def test_an_image_sent_ahead_stays_as_long_as_its_job_and_goes_without_one(
    submissions: JobSubmissions, async_redis: Redis, leases: JobLeases, model: ModelRef
) -> None:
    accepted = await submissions.submit(CLASSIFICATION, image=SENT_AHEAD)
    assert await async_redis.ttl(keys.image(accepted.job_id)) == STAYS
    assert [claim.image for claim in leases.claim_images([Unit(accepted.job_id)], model)] == [SENT_AHEAD]


@pytest.mark.parametrize("image", [b"x", SENT_AHEAD], ids=["with its job", "sent ahead"])
@pytest.mark.parametrize("idempotency", [None, IdempotencyKey("k", "caller", "print")], ids=["without key", "with key"])
async def test_a_submission_whose_answer_was_lost_is_not_accepted_twice(
    submissions: JobSubmissions,
    async_redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    image: bytes,
    idempotency: IdempotencyKey | None,
) -> None:
    first = await submissions.submit(CLASSIFICATION, image=image, idempotency=idempotency)
    monkeypatch.setattr(JobIds, "new", lambda *_: first.job_id)
    again = await submissions.submit(CLASSIFICATION, image=image, idempotency=idempotency)
    assert again == first
    assert await async_redis.llen(INTERACTIVE_QUEUE) == 1
    assert await async_redis.strlen(keys.image(first.job_id)) == len(image)
    assert int(await async_redis.get(keys.INFLIGHT_BYTES) or 0) == len(image)


async def test_an_image_that_was_gone_before_its_job_came_is_refused(
    submissions: JobSubmissions, async_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing real takes a minute between two commands here: the image's time is over at once instead.
    monkeypatch.setattr(type(async_redis), "set", _set_nothing)
    before = await async_redis.dbsize()
    with pytest.raises(ProblemError, match="more than 60 s") as refusal:
        await submissions.submit(CLASSIFICATION, image=SENT_AHEAD)
    assert refusal.value.code == "overloaded"
    assert await async_redis.dbsize() == before


async def _set_nothing(*_: object, **__: object) -> None: ...


async def test_the_same_key_and_request_give_the_same_job_even_at_the_same_time(
    submissions: JobSubmissions, async_redis: Redis
) -> None:
    key = IdempotencyKey("k", "caller", "print")
    accepted = await asyncio.gather(
        *(submissions.submit(CLASSIFICATION, image=b"x", idempotency=key) for _ in range(20))
    )
    assert len({one.job_id for one in accepted}) == 1
    assert sum(not one.replayed for one in accepted) == 1
    assert await async_redis.llen(INTERACTIVE_QUEUE) == 1


async def test_the_same_key_for_another_request_is_refused_but_not_for_another_caller(
    submissions: JobSubmissions,
) -> None:
    first = await submissions.submit(CLASSIFICATION, image=b"x", idempotency=IdempotencyKey("k", "a", "one"))
    with pytest.raises(ProblemError) as refusal:
        await submissions.submit(CLASSIFICATION, image=b"y", idempotency=IdempotencyKey("k", "a", "two"))
    assert refusal.value.code == "idempotency-key-reused"
    assert first.job_id in refusal.value.detail
    other = await submissions.submit(CLASSIFICATION, image=b"y", idempotency=IdempotencyKey("k", "b", "two"))
    assert other.job_id != first.job_id


async def test_unknown_ids_are_not_found_and_past_ones_are_gone(
    submissions: JobSubmissions, async_redis: Redis
) -> None:
    with pytest.raises(ProblemError) as unknown:
        await submissions.read("job_nonsense")
    assert unknown.value.code == "not-found"
    accepted = await submissions.submit(CLASSIFICATION, image=b"x")
    await async_redis.delete(keys.job(accepted.job_id))
    with pytest.raises(ProblemError) as gone:
        await submissions.read(accepted.job_id)
    assert gone.value.code == "job-gone"


async def test_a_finished_record_is_deleted_after_its_retention(
    make_submissions: Callable[..., JobSubmissions], async_redis: Redis
) -> None:
    submissions = make_submissions(job_retention_seconds=1000)
    accepted = await submissions.submit(CLASSIFICATION, image=b"x")
    assert await async_redis.ttl(keys.job(accepted.job_id)) == -1
    await submissions.cancel(accepted.job_id)
    assert 990 < await async_redis.ttl(keys.job(accepted.job_id)) <= 1000
    assert not await async_redis.exists(keys.image(accepted.job_id))


async def test_cancelling_twice_is_no_error_and_cancelling_what_is_answered_is(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef, answer: Prediction
) -> None:
    first = await submissions.submit(CLASSIFICATION, image=b"x")
    assert (await submissions.cancel(first.job_id)).state is JobState.CANCELLED
    assert (await submissions.cancel(first.job_id)).state is JobState.CANCELLED
    second = await submissions.submit(CLASSIFICATION, image=b"x")
    claim = leases.claim(Unit(second.job_id), model)
    assert claim is not None
    leases.succeed(claim, answer)
    with pytest.raises(ProblemError) as refusal:
        await submissions.cancel(second.job_id)
    assert refusal.value.code == "job-finished"


async def test_jobs_are_listed_newest_first_by_the_page(submissions: JobSubmissions) -> None:
    ids = [(await submissions.submit(CLASSIFICATION, image=b"x")).job_id for _ in range(5)]
    await submissions.cancel(ids[0])
    seen: list[str] = []
    token = ""
    while True:
        page = await submissions.page(size=2, token=token, kind=None, state=None)
        seen += [job.id for job in page.jobs]
        token = page.next_page_token
        if not token:
            break
    assert sorted(seen) == sorted(ids)
    cancelled = await submissions.page(size=10, token="", kind=CLASSIFICATION, state=JobState.CANCELLED)
    assert [job.id for job in cancelled.jobs] == [ids[0]]
    with pytest.raises(ProblemError):
        await submissions.page(size=2, token="x", kind=None, state=None)
