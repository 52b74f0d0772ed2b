"""What becomes of a batch that fills itself."""

from collections.abc import Awaitable, Callable

import pytest
import redis

from inference_units import results_of
from meadow.schemas.jobs import JobKind, JobState
from meadow.schemas.models import ModelRef
from meadow_core.jobs import keys
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.handlers import postponement
from meadow_worker.inference_process import InferenceProcess
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS


async def test_a_batch_is_filled_and_answered_by_the_version_that_takes_its_first_pack(
    process: InferenceProcess,
    submissions: JobSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    open_source: Callable[..., Awaitable[Unit]],
) -> None:
    unit = await open_source({"a.jpg": images[0], "bad.jpg": b"text", "c.jpg": images[1]})
    process.expand_batch(unit)
    process.expand_batch(unit)
    filled = await submissions.read(unit.job_id)
    assert (filled.state, filled.sealed, filled.model) == (JobState.RUNNING, True, None)
    process.classify_pack(Unit(unit.job_id, 0))
    job = await submissions.read(unit.job_id)
    assert (job.state, job.model) == (JobState.SUCCEEDED, production)
    items = results_of(store, settings, unit.job_id)
    assert [(item.item, item.error and item.error.code) for item in items] == [
        ("a.jpg", None),
        ("bad.jpg", "unsupported-type"),
        ("c.jpg", None),
    ]


async def test_a_pack_of_references_that_killed_its_workers_is_given_up_without_a_fetch(
    process: InferenceProcess,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    production: ModelRef,
    redis_client: redis.Redis,
    open_source: Callable[..., Awaitable[Unit]],
) -> None:
    unit = await open_source({"a.jpg": images[0], "b.jpg": images[1]})
    process.expand_batch(unit)
    for _ in range(settings.max_attempts):
        assert JobLeases(redis_client, settings).claim_pack(Unit(unit.job_id, 0), production)
        redis_client.zadd(keys.LEASES, {f"{unit.job_id}/0": 0})
    process.classify_pack(Unit(unit.job_id, 0))
    items = results_of(store, settings, unit.job_id)
    assert [(item.item, item.error and item.error.code) for item in items] == [
        ("a.jpg", "worker-lost"),
        ("b.jpg", "worker-lost"),
    ]


async def test_a_store_that_is_down_postpones_the_filling_at_no_attempt(
    settings: Settings,
    production: ModelRef,
    submissions: JobSubmissions,
    images: list[bytes],
    redis_client: redis.Redis,
    open_source: Callable[..., Awaitable[Unit]],
) -> None:
    del production
    unit = await open_source({"a.jpg": images[0]})
    cut_off = InferenceProcess(settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"}))
    cut_off.expand_batch(unit)
    assert redis_client.hget(keys.job(unit.job_id), "attempts") == b"0"
    assert redis_client.zscore(keys.LEASES, str(unit))
    assert (await submissions.read(unit.job_id)).state is JobState.RUNNING
    redis_client.zadd(keys.LEASES, {str(unit): 0})
    InferenceProcess(settings).expand_batch(unit)
    assert (await submissions.read(unit.job_id)).sealed
    assert JobLeases(redis_client, settings).postponed_seconds(Claim(unit, attempt=0, record={})) == 0


async def test_a_filling_that_was_postponed_for_too_long_fails_the_batch(
    settings: Settings,
    production: ModelRef,
    submissions: JobSubmissions,
    images: list[bytes],
    redis_client: redis.Redis,
    open_source: Callable[..., Awaitable[Unit]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del production
    unit = await open_source({"a.jpg": images[0]})
    cut_off = InferenceProcess(settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"}))
    cut_off.expand_batch(unit)
    redis_client.zadd(keys.LEASES, {str(unit): 0})
    monkeypatch.setattr(postponement, "PATIENCE_SECONDS", 0.0)
    cut_off.expand_batch(unit)
    job = await submissions.read(unit.job_id)
    assert job.error
    assert (job.state, job.error.code) == (JobState.FAILED, "unavailable")
    assert "127.0.0.1:9" in job.error.detail


async def test_a_fault_of_ours_fails_the_batch_rather_than_the_worker(
    process: InferenceProcess, submissions: JobSubmissions
) -> None:
    unit = Unit((await submissions.submit(JobKind.BATCH, fields={"source": "{}"})).job_id)
    process.expand_batch(unit)
    job = await submissions.read(unit.job_id)
    assert job.error
    assert (job.state, job.error.code) == (JobState.FAILED, "internal")
