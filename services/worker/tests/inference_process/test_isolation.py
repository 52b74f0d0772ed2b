"""An image that kills its process takes no other with it. The workers are real, and so are their deaths."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import redis

import crashing_worker
from crashing_worker import HANG, HANG_IN_C, KILL, SLOW
from inference_units import results_of, send_image
from meadow.packs import build_pack
from meadow.schemas.items import ItemResult
from meadow.schemas.jobs import Job, JobKind, JobState
from meadow.schemas.models import ModelRef
from meadow_core.jobs import keys
from meadow_core.jobs.batches import BatchSubmissions
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings
from meadow_core.storage.layout import pack_key, pack_partial_results_key
from meadow_core.storage.s3 import ObjectStore
from mlflow_warnings import MLFLOW_WARNINGS
from worker_process import WorkerProcess

pytestmark = [*MLFLOW_WARNINGS, pytest.mark.timeout(360)]

PATIENCE_SECONDS = 300.0
processes = pytest.mark.parametrize("settings", ["openvino"], indirect=True)
CRASHES = [KILL + b"SIGSEGV", KILL + b"SIGABRT", KILL + b"SIGKILL"]


@pytest.fixture
def worker(settings: Settings, production: ModelRef, tmp_path: Path, unused_tcp_port: int) -> Iterator[WorkerProcess]:
    del production
    changes = {
        "max_attempts": 3,
        "lease_seconds": 6.0,
        "image_seconds": 3.0,
        "worker_processes": 2,
        "worker_threads": 8,
        "worker_metrics_port": unused_tcp_port,
    }
    changed = settings.model_copy(update=changes)
    with WorkerProcess(Path(crashing_worker.__file__), changed, tmp_path / "worker.log") as running:
        yield running


async def ended(submissions: JobSubmissions, job_id: str) -> Job:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (job := await submissions.read(job_id)).state.is_final:
        assert time.monotonic() < deadline, job
        await asyncio.sleep(0.05)
    return job


async def send(
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    packs: list[list[tuple[str, bytes]]],
) -> str:
    batch_id = (await submissions.submit(JobKind.BATCH)).job_id
    for number, pack in enumerate(packs):
        store.put(settings.jobs_bucket, pack_key(batch_id, number), build_pack(pack))
        await batches.add_pack(batch_id, number, len(pack))
    await batches.seal(batch_id, len(packs))
    return batch_id


def codes(results: list[ItemResult]) -> dict[str, str]:
    return {result.item: result.error.code if result.error else "" for result in results}


@processes
async def test_images_beside_those_that_kill_their_process_are_answered(
    worker: WorkerProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    redis_client: redis.Redis,
) -> None:
    del worker
    pack = [(f"{number:02}.jpg", images[number % len(images)]) for number in range(30)]
    for place, crash in zip((0, 13, 29), CRASHES, strict=True):
        pack[place] = (pack[place][0], crash)
    pack[20] = ("20.jpg", b"text")
    batch_id = await send(submissions, batches, store, settings, [pack, pack[1:12]])
    job = await ended(submissions, batch_id)
    assert job.state is JobState.SUCCEEDED
    assert job.progress
    assert (job.progress.total, job.progress.done, job.progress.failed) == (41, 41, 4)
    results = results_of(store, settings, batch_id)
    expected = {name: "" for name, _ in pack} | {f"{place:02}.jpg": "worker-lost" for place in (0, 13, 29)}
    assert codes(results) == expected | {"20.jpg": "unsupported-type"}
    assert [result.item for result in results] == [name for name, _ in pack]
    [first] = [result.error for result in results if result.item == "00.jpg"]
    assert first
    assert first.detail.startswith("The worker process died 2 times while it worked on this image alone.")
    assert not redis_client.exists(keys.pack_attempts(batch_id))
    assert not store.exists(settings.jobs_bucket, pack_partial_results_key(batch_id, 0))


@processes
async def test_references_beside_those_that_crash_or_never_end_are_answered(
    worker: WorkerProcess,
    submissions: JobSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
    open_source: Callable[..., Awaitable[Unit]],
) -> None:
    del worker
    culprits = {"b.jpg": CRASHES[0], "d.jpg": HANG, "e.jpg": HANG_IN_C}
    unit = await open_source({"a.jpg": images[0], "c.jpg": images[1], "f.jpg": images[2], **culprits})
    await ended(submissions, unit.job_id)
    assert codes(results_of(store, settings, unit.job_id)) == {
        name: "worker-lost" if name in culprits else ""
        for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg")
    }


@processes
async def test_single_images_beside_those_that_kill_their_process_are_answered(
    worker: WorkerProcess, submissions: JobSubmissions, images: list[bytes]
) -> None:
    """Several crashes, with others behind them each time."""
    del worker
    bodies = [crash if place % 6 == 2 else images[place % 12] for place in range(24) for crash in CRASHES[:1]]
    units = [await send_image(submissions, body) for body in bodies]
    jobs = [await ended(submissions, unit.job_id) for unit in units]
    assert [job.error.code if job.error else "" for job in jobs] == [
        "worker-lost" if body.startswith(KILL) else "" for body in bodies
    ]


@processes
async def test_a_worker_killed_while_it_looks_for_the_culprit_goes_on_where_it_was(
    worker: WorkerProcess,
    submissions: JobSubmissions,
    batches: BatchSubmissions,
    store: ObjectStore,
    settings: Settings,
    images: list[bytes],
) -> None:
    """With the first attempt, and the culprit's own, more deaths than a pack once had attempts."""
    pack = [(f"{number:02}.jpg", SLOW + images[number % 12]) for number in range(24)]
    pack[3] = ("03.jpg", CRASHES[0])
    batch_id = await send(submissions, batches, store, settings, [pack])
    key, saved, deaths = pack_partial_results_key(batch_id, 0), 0, 0
    while not (await submissions.read(batch_id)).state.is_final:
        await asyncio.sleep(0.05)
        if deaths < 2 and store.exists(settings.jobs_bucket, key):
            size = len(store.get(settings.jobs_bucket, key))
            if size > saved:
                saved, deaths = size, deaths + 1
                worker.kill()
    assert deaths == 2
    assert codes(results_of(store, settings, batch_id)) == {
        name: "worker-lost" if body in CRASHES else "" for name, body in pack
    }
