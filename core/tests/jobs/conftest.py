from collections.abc import AsyncIterator, Callable

import pytest
import redis
from redis.asyncio import Redis

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.ids import JobIds
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.jobs.sweeper import Sweeper
from meadow_core.settings import Settings

MODEL = ModelRef(name="meadow-classifier", version="1", digest="d1")
ANSWER = Prediction(
    label="grass",
    decision=Decision.CONFIDENT,
    scores=[Score(label="grass", probability=0.9), Score(label="dandelion", probability=0.1)],
    width=8,
    height=8,
    infer_ms=1.0,
)


@pytest.fixture
def model() -> ModelRef:
    return MODEL


@pytest.fixture
def answer() -> Prediction:
    return ANSWER


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Leases short enough to watch them end."""
    return settings.model_copy(update={"lease_seconds": 0.2, "max_attempts": 2})


@pytest.fixture
async def async_redis(settings: Settings) -> AsyncIterator[Redis]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield client


@pytest.fixture
def make_submissions(async_redis: Redis, settings: Settings) -> Callable[..., JobSubmissions]:
    def make(**changes: object) -> JobSubmissions:
        return JobSubmissions(async_redis, settings.model_copy(update=changes), JobIds(b"secret"))

    return make


@pytest.fixture
def submissions(make_submissions: Callable[..., JobSubmissions]) -> JobSubmissions:
    return make_submissions()


@pytest.fixture
def batches(async_redis: Redis, settings: Settings, submissions: JobSubmissions) -> BatchSubmissions:
    return BatchSubmissions(async_redis, settings, submissions)


@pytest.fixture
def leases(redis_client: redis.Redis, settings: Settings) -> JobLeases:
    return JobLeases(redis_client, settings)


@pytest.fixture
def sweeper(redis_client: redis.Redis, settings: Settings) -> Sweeper:
    return Sweeper(redis_client, settings, lost_after_seconds=0)
