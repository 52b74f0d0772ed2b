"""An inference process over real stores."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from redis.asyncio import Redis

from meadow.schemas.jobs import JobKind
from meadow.schemas.models import ModelRef
from meadow.schemas.sources import PrefixSource
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.ids import JobIds
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.inference_process import InferenceProcess


@pytest.fixture(params=["openvino", "torch"])
def settings(settings: Settings, mlflow_uri: str, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(
        update={
            "mlflow_tracking_uri": mlflow_uri,
            "worker_engine": request.param,
            "lease_seconds": 0.3,
            "max_attempts": 2,
            "worker_processes": 1,
            "worker_threads": 1,
        }
    )


@pytest.fixture
def production(settings: Settings, registry: ModelRegistry, register: Callable[..., ModelRef]) -> ModelRef:
    ref = register(decision_threshold=0.0)
    cache = ModelCache(settings.model_cache)
    cache.ensure(ref, registry)
    cache.point(ref)
    return ref


@pytest.fixture
def process(settings: Settings, production: ModelRef) -> Iterator[InferenceProcess]:
    del production
    running = InferenceProcess(settings)
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def submissions(settings: Settings) -> AsyncIterator[JobSubmissions]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield JobSubmissions(client, settings, JobIds(b"secret"))


@pytest.fixture
async def batches(settings: Settings, submissions: JobSubmissions) -> AsyncIterator[BatchSubmissions]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield BatchSubmissions(client, settings, submissions)


@pytest.fixture
def open_source(submissions: JobSubmissions, store: ObjectStore, settings: Settings) -> Callable[..., Awaitable[Unit]]:
    """Accept a batch from the objects of a prefix of its own."""

    async def run(objects: dict[str, bytes]) -> Unit:
        root = f"process/{uuid.uuid4().hex}/"
        for name, body in objects.items():
            store.put(settings.images_bucket, root + name, body)
        source = PrefixSource(uri=f"s3://{settings.images_bucket}/{root}")
        return Unit((await submissions.submit(JobKind.BATCH, fields={"source": source.model_dump_json()})).job_id)

    return run
