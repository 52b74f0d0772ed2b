"""What becomes of a pack of a batch: each image answered, by the version that began it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import redis

from inference_units import results_of, send_image, send_pack
from meadow.packs import build_pack
from meadow.schemas.items import ItemResult
from meadow.schemas.jobs import Job, JobKind, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.sources import ZipSource
from meadow_core.bundle.probe import Probe, read_probe, write_probe
from meadow_core.jobs import keys
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_core.storage.layout import pack_key, pack_references_key, pack_rejections_key, pack_results_key
from meadow_core.storage.s3 import ObjectStore
from meadow_worker import isolation
from meadow_worker.handlers import postponement
from meadow_worker.inference_process import InferenceProcess
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS


def assert_postponed(client: redis.Redis, unit: Unit) -> None:
    """It costs no attempt, and comes back in some seconds."""
    assert client.hget(keys.pack_attempts(unit.job_id), str(unit.pack)) == b"0"
    ends = client.zscore(keys.LEASES, str(unit))
    assert ends
    assert ends - float(client.time()[0]) > 2


def bring_back(client: redis.Redis, unit: Unit) -> None:
    client.zadd(keys.LEASES, {str(unit): 0})


def failure(job: Job) -> tuple[str, str]:
    assert job.state is JobState.FAILED
    assert job.error
    return job.error.code, job.error.detail


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


async def test_pack_over_which_many_died_before_any_answer_is_given_up(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(isolation, "MAX_DEATHS_WITHOUT_ANSWER", 2)
    pack = build_pack([(f"{number}.jpg", images[number]) for number in range(3)])
    unit = await send_pack(submissions, batches, store, settings, pack)
    leases = JobLeases(redis_client, settings)
    for place in (None, 0, 1):
        claim = leases.claim_pack(unit, production)
        assert claim
        leases.try_image(claim, place)
        redis_client.zadd(keys.LEASES, {str(unit): 0})
    process.classify_pack(unit)
    results = results_of(store, settings, unit.job_id)
    assert [result.error and result.error.code for result in results] == ["worker-lost"] * 3
    assert results[2].error
    assert "given up after 3 attempts" in results[2].error.detail


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
    assert_postponed(redis_client, unit)
    assert (await submissions.read(unit.job_id)).state is JobState.RUNNING


async def test_a_store_without_its_bucket_is_an_outage_too(
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
    InferenceProcess(settings.model_copy(update={"jobs_bucket": "not-there"})).classify_pack(unit)
    assert_postponed(redis_client, unit)


async def test_a_pack_that_is_gone_fails_its_batch_and_leaves_what_is_answered(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    redis_client: redis.Redis,
) -> None:
    batch_id = (await submissions.submit(JobKind.BATCH)).job_id
    for number in range(3):
        store.put(settings.jobs_bucket, pack_key(batch_id, number), build_pack([("a.jpg", images[0])]))
        await batches.add_pack(batch_id, number, 1)
    await batches.seal(batch_id, 3)
    process.classify_pack(Unit(batch_id, 0))
    store.delete(settings.jobs_bucket, pack_key(batch_id, 1))
    for number in (1, 2):
        process.classify_pack(Unit(batch_id, number))
    code, detail = failure(await submissions.read(batch_id))
    assert (code, detail.startswith("Pack 1 is lost: s3://")) == ("source-unreadable", True)
    progress = (await submissions.read(batch_id)).progress
    assert progress
    assert (progress.done, progress.failed) == (1, 0)
    assert store.exists(settings.jobs_bucket, pack_results_key(batch_id, 0))
    assert redis_client.ttl(keys.job(batch_id)) > 0
    assert redis_client.zcard(keys.LEASES) == 0


@pytest.mark.parametrize("lost", [pack_references_key, pack_rejections_key])
async def test_a_pack_of_a_source_of_which_a_part_is_gone_fails_its_batch(
    lost: Callable[[str, int], str],
    process: InferenceProcess,
    submissions: JobSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    open_source: Callable[..., Awaitable[Unit]],
    redis_client: redis.Redis,
) -> None:
    unit = await open_source({"a.jpg": images[0]})
    process.expand_batch(unit)
    if lost is pack_rejections_key:
        # As a zip's batch has them: the images in a tar, and beside it what is missing from that.
        source = ZipSource(upload_id="upload_1").model_dump_json()
        redis_client.hset(keys.job(unit.job_id), "source", source)
        store.put(settings.jobs_bucket, pack_key(unit.job_id, 0), build_pack([("a.jpg", images[0])]))
    store.delete(settings.jobs_bucket, lost(unit.job_id, 0))
    process.classify_pack(Unit(unit.job_id, 0))
    assert failure(await submissions.read(unit.job_id))[0] == "source-unreadable"


async def test_a_pack_waits_for_another_host_while_its_model_does_not_run_here(
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    register: Callable[..., ModelRef],
    redis_client: redis.Redis,
) -> None:
    def mislead(folder: Path) -> None:
        probe = read_probe(folder)
        write_probe(folder, Probe(probe.images, -probe.logits))

    unit = await send_pack(submissions, batches, store, settings, build_pack([("a.jpg", images[0])] * 3))
    refused = register(edit=mislead)
    leases = JobLeases(redis_client, settings)
    began = leases.claim_pack(unit, refused)
    assert began
    leases.postpone(began, 0)
    for _ in range(settings.max_attempts + 1):
        bring_back(redis_client, unit)
        process.classify_pack(unit)
        assert_postponed(redis_client, unit)
    assert (await submissions.read(unit.job_id)).model == refused


@pytest.mark.parametrize("patience", [3600.0, 0.0])
async def test_a_pack_whose_model_is_nowhere_to_be_had_fails_its_batch_in_the_end(
    patience: float,
    process: InferenceProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postponement, "PATIENCE_SECONDS", patience)
    unit = await send_pack(submissions, batches, store, settings, build_pack([("a.jpg", images[0])] * 3))
    leases = JobLeases(redis_client, settings)
    began = leases.claim_pack(unit, ModelRef(name=production.name, version="99", digest="deleted"))
    assert began
    leases.postpone(began, 0)
    bring_back(redis_client, unit)
    await asyncio.sleep(0.01)
    process.classify_pack(unit)
    if patience:
        assert_postponed(redis_client, unit)
        return
    code, detail = failure(await submissions.read(unit.job_id))
    assert code == "unavailable"
    assert "Could not download version 99" in detail
