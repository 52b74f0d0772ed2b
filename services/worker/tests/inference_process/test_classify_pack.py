"""What becomes of a pack of a batch: each image answered, by the version that began it."""

import asyncio
from collections.abc import Callable

import redis

from inference_units import MLFLOW_WARNINGS, send_image, send_pack
from meadow.items import ItemResult
from meadow.jobs import keys
from meadow.jobs.batches import BatchSubmissions
from meadow.jobs.keys import Unit
from meadow.jobs.leases import JobLeases
from meadow.jobs.model import JobKind, JobState
from meadow.jobs.submissions import JobSubmissions
from meadow.packs import build_pack
from meadow.registry.cache import ModelCache
from meadow.registry.model import ModelRef
from meadow.registry.versions import ModelRegistry
from meadow.settings import Settings
from meadow.storage.layout import pack_key, pack_results_key
from meadow.storage.s3 import ObjectStore
from meadow_worker.inference_process import InferenceProcess

pytestmark = MLFLOW_WARNINGS


async def test_a_pack_is_answered_image_by_image(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
) -> None:
    body = build_pack([("a.jpg", images[0]), ("bad.jpg", b"text"), ("b.jpg", images[1])])
    unit = await send_pack(submissions, batches, store, settings, body)
    process.classify_pack(unit)
    job = await submissions.read(unit.job_id)
    assert (job.state, job.model) == (JobState.SUCCEEDED, production)
    assert job.progress
    assert (job.progress.done, job.progress.failed, sum(job.progress.classes.values())) == (3, 1, 2)
    lines = store.get(settings.jobs_bucket, pack_results_key(unit.job_id, 0)).splitlines()
    results = [ItemResult.model_validate_json(line) for line in lines]
    assert [(result.item, result.state.value) for result in results] == [
        ("a.jpg", "succeeded"),
        ("bad.jpg", "failed"),
        ("b.jpg", "succeeded"),
    ]


async def test_a_batch_is_answered_by_the_version_that_began_it(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    register: Callable[..., ModelRef],
    registry: ModelRegistry,
) -> None:
    batch_id = (await submissions.submit(JobKind.BATCH)).job_id
    cache = ModelCache(settings.model_cache)
    newer = register(decision_threshold=1.0)
    for number in range(2):
        store.put(settings.jobs_bucket, pack_key(batch_id, number), build_pack([("a.jpg", images[0])]))
        await batches.add_pack(batch_id, number, 1)
        process.classify_pack(Unit(batch_id, number))
        cache.ensure(newer, registry)
        cache.point(newer)
    process._models.refresh()
    unit = await send_image(submissions, images[0])
    process.classify_image(unit)
    assert (await submissions.read(unit.job_id)).model == newer
    assert (await submissions.read(batch_id)).model == production
    decisions = []
    for number in range(2):
        line = store.get(settings.jobs_bucket, pack_results_key(batch_id, number))
        answer = ItemResult.model_validate_json(line).prediction
        assert answer
        decisions.append(answer.decision.value)
    assert decisions == ["confident", "confident"]


async def test_a_pack_that_killed_its_workers_is_given_up_image_by_image(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    redis_client: redis.Redis,
) -> None:
    unit = await send_pack(submissions, batches, store, settings, build_pack([("a.jpg", images[0])] * 3))
    leases = JobLeases(redis_client, settings)
    for _ in range(settings.max_attempts):
        assert leases.claim_pack(unit, production)
        await asyncio.sleep(settings.lease_seconds * 1.2)
    process.classify_pack(unit)
    job = await submissions.read(unit.job_id)
    assert job.state is JobState.SUCCEEDED
    assert job.progress
    assert (job.progress.done, job.progress.failed) == (3, 3)
    line = store.get(settings.jobs_bucket, pack_results_key(unit.job_id, 0)).splitlines()[0]
    error = ItemResult.model_validate_json(line).error
    assert error
    assert (error.code, "after 2 attempts" in error.detail) == ("worker-lost", True)


async def test_a_store_that_is_down_postpones_a_pack_at_no_attempt(
    settings: Settings,
    production: ModelRef,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    images: list[bytes],
    redis_client: redis.Redis,
) -> None:
    del production
    unit = await send_pack(submissions, batches, store, settings, build_pack([("a.jpg", images[0])] * 3))
    cut_off = InferenceProcess(settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"}))
    cut_off.classify_pack(unit)
    assert redis_client.hget(f"{keys.job(unit.job_id)}:attempts", "0") == b"0"
    ends = redis_client.zscore(keys.LEASES, str(unit))
    assert ends
    assert ends - float(redis_client.time()[0]) > 2
    assert (await submissions.read(unit.job_id)).state is JobState.RUNNING
