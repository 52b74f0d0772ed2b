import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import redis
from redis.asyncio import Redis

from meadow.schemas.jobs import JobKind
from meadow.schemas.models import ModelRef
from meadow.schemas.status import WorkerStatus
from meadow_core.jobs import keys
from meadow_core.jobs.ids import JobIds
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings
from meadow_worker.heartbeat import Heartbeat, worker_name

LEASE = 0.3
MODEL = ModelRef(name="model", version="1", digest="d1")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"lease_seconds": LEASE})


@pytest.fixture
async def submissions(settings: Settings) -> AsyncIterator[JobSubmissions]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield JobSubmissions(client, settings, JobIds(b"secret"))


@pytest.fixture
def leases(redis_client: redis.Redis, settings: Settings) -> JobLeases:
    return JobLeases(redis_client, settings)


@pytest.fixture
def heartbeat(redis_client: redis.Redis, leases: JobLeases) -> Iterator[Heartbeat]:
    made = Heartbeat(redis_client, leases, engine=lambda: "openvino int8", serving=lambda: MODEL)
    made.start()
    yield made
    made.stop()


async def test_work_is_held_for_as_long_as_it_takes(
    heartbeat: Heartbeat, leases: JobLeases, submissions: JobSubmissions
) -> None:
    unit = Unit((await submissions.submit(JobKind.CLASSIFICATION, image=b"pixels")).job_id)
    claim = leases.claim(unit, MODEL)
    assert claim
    with heartbeat.holding(claim):
        await asyncio.sleep(4 * LEASE)
        assert leases.claim(unit, MODEL) is None
    await asyncio.sleep(1.5 * LEASE)
    again = leases.claim(unit, MODEL)
    assert again
    assert again.attempt == 2


async def test_work_that_ends_in_an_error_is_let_go(
    heartbeat: Heartbeat, leases: JobLeases, submissions: JobSubmissions
) -> None:
    unit = Unit((await submissions.submit(JobKind.CLASSIFICATION, image=b"pixels")).job_id)
    claim = leases.claim(unit, MODEL)
    assert claim
    with pytest.raises(ValueError, match="on purpose"), heartbeat.holding(claim):
        raise ValueError("on purpose")
    await asyncio.sleep(1.5 * LEASE)
    assert leases.claim(unit, MODEL)


def test_the_process_is_listed_while_it_lives(heartbeat: Heartbeat, redis_client: redis.Redis) -> None:
    status = WorkerStatus.model_validate_json(redis_client.hget(keys.WORKERS, worker_name()) or b"")
    assert (status.engine, status.model) == ("openvino int8", MODEL)
    heartbeat.stop()
    assert redis_client.hlen(keys.WORKERS) == 0


def test_a_process_that_never_started_can_be_stopped(redis_client: redis.Redis, leases: JobLeases) -> None:
    Heartbeat(redis_client, leases, engine=lambda: "openvino int8", serving=lambda: None).stop()
    assert redis_client.hlen(keys.WORKERS) == 0


def listed(client: redis.Redis, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if client.hexists(keys.WORKERS, worker_name()):
            return True
        time.sleep(LEASE / 10)
    return False


def test_a_process_that_starts_while_redis_is_away_reports_once_it_is_back(
    start_redis: Callable[[int], AbstractContextManager[str]], absent_port: int, settings: Settings
) -> None:
    client = redis.Redis(port=absent_port)
    heartbeat = Heartbeat(client, JobLeases(client, settings), engine=lambda: "openvino int8", serving=lambda: MODEL)
    heartbeat.start()
    with start_redis(absent_port):
        assert listed(client, seconds=10)
        heartbeat.stop()


def test_nothing_that_goes_wrong_ends_the_heartbeats(redis_client: redis.Redis, leases: JobLeases) -> None:
    broken = [OSError("the disk is full"), MemoryError()]

    def engine() -> str:
        if broken:
            raise broken.pop()
        return "openvino int8"

    heartbeat = Heartbeat(redis_client, leases, engine=engine, serving=lambda: MODEL)
    heartbeat.start()
    assert listed(redis_client, seconds=10)
    assert not broken
    heartbeat.stop()
