"""Who is blamed for a death over a pack that is tried image by image, and how many attempts that gives it."""

import pytest
import redis

from meadow.schemas.jobs import JobKind
from meadow.schemas.models import ModelRef
from meadow_core.jobs import keys
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings


@pytest.fixture
async def pack(submissions: JobSubmissions, batches: BatchSubmissions) -> Unit:
    batch_id = (await submissions.submit(JobKind.BATCH)).job_id
    await batches.add_pack(batch_id, 0, 9)
    return Unit(batch_id, 0)


class Worker:
    """Takes the pack, and dies."""

    def __init__(self, client: "redis.Redis", leases: JobLeases, unit: Unit, model: ModelRef) -> None:
        self._client, self._leases, self._unit, self._model = client, leases, unit, model

    def take(self) -> Claim:
        claim = self._leases.claim_pack(self._unit, self._model)
        assert claim
        return claim

    def die(self, *tried: int | None) -> Claim:
        claim = self.take()
        for place in tried:
            assert self._leases.try_image(claim, place)
        self._client.zadd(keys.LEASES, {str(self._unit): 0})
        return claim


@pytest.fixture
def worker(redis_client: redis.Redis, leases: JobLeases, pack: Unit, model: ModelRef) -> Worker:
    return Worker(redis_client, leases, pack, model)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_attempts": 3})


def test_first_attempt_is_no_retry_and_second_is(worker: Worker) -> None:
    assert not worker.die().is_retry
    second = worker.take()
    assert (second.is_retry, second.deaths, second.culprits) == (True, {}, frozenset())


def test_image_that_was_tried_at_each_death_is_the_culprit(worker: Worker) -> None:
    worker.die()
    worker.die(0, 4)
    once = worker.die(0, 4)
    assert (once.deaths, once.culprits) == ({4: 1}, frozenset())
    twice = worker.die(7)
    assert (twice.deaths, twice.culprits) == ({4: 2}, frozenset({4}))
    assert worker.take().deaths == {4: 2, 7: 1}


def test_death_between_two_images_blames_none(worker: Worker) -> None:
    worker.die()
    worker.die(0, None)
    assert worker.take().deaths == {}


def test_postponed_attempt_blames_none(worker: Worker, leases: JobLeases) -> None:
    worker.die()
    claim = worker.take()
    leases.try_image(claim, 3)
    assert leases.postpone(claim, 0)
    again = worker.take()
    assert (again.attempt, again.deaths) == (2, {})


def test_attempts_that_tried_images_do_not_exhaust_the_pack(worker: Worker) -> None:
    worker.die()
    for place in range(9):
        assert not worker.die(place).exhausted
    assert not worker.take().exhausted


def test_attempts_that_tried_no_image_exhaust_the_pack(worker: Worker) -> None:
    worker.die()
    worker.die(1)
    assert [worker.die().exhausted for _ in range(4)] == [False, False, False, True]


@pytest.mark.parametrize("max_attempts", [1, 2])
def test_pack_has_an_attempt_image_by_image_however_few_there_are(
    redis_client: redis.Redis, settings: Settings, pack: Unit, model: ModelRef, max_attempts: int
) -> None:
    leases = JobLeases(redis_client, settings.model_copy(update={"max_attempts": max_attempts}))
    worker = Worker(redis_client, leases, pack, model)
    worker.die()
    assert not worker.die(2).exhausted
    assert worker.take().culprits == {2}


def test_attempt_that_lost_the_pack_cannot_try_an_image(worker: Worker, leases: JobLeases) -> None:
    lost = worker.die()
    held = worker.take()
    assert not leases.try_image(lost, 0)
    assert leases.try_image(held, 0)


async def test_pack_of_a_cancelled_batch_is_tried_no_further(
    worker: Worker, leases: JobLeases, submissions: JobSubmissions, pack: Unit
) -> None:
    claim = worker.take()
    await submissions.cancel(pack.job_id)
    assert not leases.try_image(claim, 0)


def test_nothing_is_left_of_the_trials_of_an_answered_pack(
    worker: Worker, leases: JobLeases, redis_client: redis.Redis, pack: Unit
) -> None:
    worker.die()
    worker.die(1)
    claim = worker.take()
    leases.try_image(claim, 2)
    assert leases.finish_pack(claim, succeeded=8, failed=1, classes={})
    assert not redis_client.exists(keys.pack_attempts(pack.job_id))
