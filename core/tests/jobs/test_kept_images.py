"""Images of answered jobs stay for a while, within a limit, so that an answer can be corrected without sending them."""

from collections.abc import Callable

import pytest
import redis

from meadow.schemas.jobs import JobError, JobKind
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow_core.jobs import keys
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings

Leases = Callable[..., JobLeases]


@pytest.fixture
def keeping(redis_client: redis.Redis, settings: Settings) -> Leases:
    """Make a worker's side that keeps images as told."""

    def make(seconds: int, limit: int) -> JobLeases:
        update = {"feedback_image_seconds": seconds, "feedback_image_bytes": limit}
        return JobLeases(redis_client, settings.model_copy(update=update))

    return make


async def answered(
    submissions: JobSubmissions, leases: JobLeases, model: ModelRef, answer: Prediction | JobError, size: int
) -> str:
    accepted = await submissions.submit(JobKind.CLASSIFICATION, image=b"x" * size)
    claim = leases.claim(Unit(accepted.job_id), model)
    assert claim
    assert leases.succeed(claim, answer) if isinstance(answer, Prediction) else leases.fail(claim, answer)
    return accepted.job_id


async def test_an_image_is_kept_for_its_time_and_is_not_in_flight_any_more(
    submissions: JobSubmissions, keeping: Leases, model: ModelRef, answer: Prediction, redis_client: redis.Redis
) -> None:
    job_id = await answered(submissions, keeping(60, 100), model, answer, 8)
    assert redis_client.get(keys.image(job_id)) == b"x" * 8
    assert 50 < redis_client.ttl(keys.image(job_id)) <= 60
    assert int(redis_client.get(keys.INFLIGHT_BYTES) or 0) == 0


async def test_beyond_the_limit_the_oldest_go_first(
    submissions: JobSubmissions, keeping: Leases, model: ModelRef, answer: Prediction, redis_client: redis.Redis
) -> None:
    leases = keeping(60, 20)
    jobs = [await answered(submissions, leases, model, answer, 8) for _ in range(5)]
    assert [bool(redis_client.exists(keys.image(job_id))) for job_id in jobs] == [False] * 3 + [True] * 2
    assert int(redis_client.get(keys.KEPT_BYTES) or 0) == 16
    assert redis_client.llen(keys.KEPT_IMAGES) == 2


@pytest.mark.parametrize(("seconds", "limit"), [(0, 100), (60, 4)])
async def test_without_time_or_room_none_is_kept(
    submissions: JobSubmissions,
    keeping: Leases,
    model: ModelRef,
    answer: Prediction,
    redis_client: redis.Redis,
    seconds: int,
    limit: int,
) -> None:
    job_id = await answered(submissions, keeping(seconds, limit), model, answer, 8)
    assert not redis_client.exists(keys.image(job_id), keys.KEPT_IMAGES)


async def test_an_image_without_an_answer_is_not_kept(
    submissions: JobSubmissions, keeping: Leases, model: ModelRef, redis_client: redis.Redis
) -> None:
    error = JobError(code="image-undecodable", detail="It is damaged.")
    job_id = await answered(submissions, keeping(60, 100), model, error, 8)
    assert not redis_client.exists(keys.image(job_id), keys.KEPT_IMAGES)
