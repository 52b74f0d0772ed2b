"""How a worker, a real one with its processes, takes up what is promoted, and what it refuses."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from meadow.schemas.jobs import Job, JobKind, JobState
from meadow.schemas.models import ModelRef
from meadow.schemas.status import WorkerStatus
from meadow_core.bundle.manifest import MODEL_FILE
from meadow_core.bundle.probe import Probe, read_probe, write_probe
from meadow_core.jobs.fleet import read_status
from meadow_core.jobs.ids import JobIds
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.production import Production
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = [*MLFLOW_WARNINGS, pytest.mark.timeout(600)]

PROCESSES = 2
START_SECONDS = 90
PICK_UP_SECONDS = 60
ANSWER_SECONDS = 60
"""On a machine that is busy with other work, too."""
UNREACHABLE = "http://127.0.0.1:9"
ReadLog = Callable[[], str]


def corrupt(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"another file")


def garble(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"no graph")


def mislead(folder: Path) -> None:
    probe = read_probe(folder)
    write_probe(folder, Probe(probe.images, -probe.logits))


@pytest.fixture
def settings(settings: Settings, mlflow_uri: str, registry: ModelRegistry) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    changes = {
        "mlflow_tracking_uri": mlflow_uri,
        "registered_model": registry._name,
        "worker_processes": PROCESSES,
        "worker_engine": "openvino",
        "worker_precision": "float32",
        "worker_metrics_port": port,
    }
    return settings.model_copy(update=changes)


@contextmanager
def running_worker(settings: Settings) -> Iterator[ReadLog]:
    """Run a worker as a service does, and give what reads its log."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEADOW_")}
    for name, value in settings.model_dump(exclude_none=True).items():
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        environment[f"MEADOW_{name.upper()}"] = text
    log = settings.home / "worker.log"
    with log.open("wb") as file, subprocess.Popen(
        [sys.executable, "-m", "meadow_worker"], env=environment, stdout=file, stderr=file, cwd=settings.home
    ) as worker:  # fmt: skip
        try:
            yield lambda: log.read_text(errors="replace")
        finally:
            worker.terminate()
            try:
                worker.wait(30)
            except subprocess.TimeoutExpired:
                worker.kill()


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Redis]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as connection:
        yield connection


@pytest.fixture
def submissions(client: Redis, settings: Settings) -> JobSubmissions:
    return JobSubmissions(client, settings, JobIds(b"secret"))


async def until(client: Redis, wanted: Callable[[WorkerStatus], bool], log: ReadLog, *, seconds: float) -> float:
    """Wait until it is so of every process, and return how long that took."""
    started = time.monotonic()
    while True:
        workers = (await read_status(client)).workers
        if len(workers) == PROCESSES and all(map(wanted, workers)):
            return time.monotonic() - started
        assert time.monotonic() - started < seconds, f"{workers}\n{log()[-6000:]}"
        await asyncio.sleep(0.1)


async def answer(submissions: JobSubmissions, image: bytes) -> Job:
    job_id = (await submissions.submit(JobKind.CLASSIFICATION, image=image)).job_id
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        job = await submissions.read(job_id)
        if job.state.is_final:
            return job
        await asyncio.sleep(0.02)
    raise AssertionError(f"{job_id} is not answered.")


def metric(settings: Settings, line: str) -> float:
    page = httpx.get(f"http://127.0.0.1:{settings.worker_metrics_port}/metrics", trust_env=False).text
    return sum(float(row.rsplit(" ", 1)[1]) for row in page.splitlines() if row.startswith(line))


@pytest.mark.slow
async def test_good_versions_are_taken_up_under_load_and_bad_ones_refused(
    settings: Settings,
    registry: ModelRegistry,
    register: Callable[..., ModelRef],
    client: Redis,
    submissions: JobSubmissions,
    images: list[bytes],
) -> None:
    production = Production(registry)
    good = register(dataset_name="good")
    production.promote(good.version, by="ann")
    with running_worker(settings) as log:
        await until(client, lambda one: one.model == good, log, seconds=START_SECONDS)
        for changes, reason in (
            ({"damage": corrupt}, "is not the file that was trained"),
            ({"edit": garble}, "does not load into openvino"),
            ({"edit": mislead}, "does not answer as the trained network"),
        ):
            bad = register(**changes, dataset_name=reason)
            production.promote(bad.version, by="ann")
            await until(
                client,
                lambda one, bad=bad, reason=reason: (  # type: ignore[misc]
                    one.model == good
                    and one.refused is not None
                    and one.refused.model == bad
                    and reason in one.refused.reason
                ),
                log,
                seconds=PICK_UP_SECONDS,
            )
            job = await answer(submissions, images[0])
            assert (job.state, job.model) == (JobState.SUCCEEDED, good)
            await asyncio.sleep(settings.model_poll_seconds)
            assert metric(settings, f'meadow_model_refused{{version="{bad.version}"}}') == 1
        # One for the host, which had no use for it, and one for each process of the others.
        assert metric(settings, "meadow_model_swaps_refused_total") == 1 + 2 * PROCESSES
        better = register(dataset_name="better")
        answered: list[Job] = []
        stop = asyncio.Event()

        async def load() -> None:
            while not stop.is_set():
                answered.append(await answer(submissions, images[len(answered) % len(images)]))

        loading = [asyncio.create_task(load()) for _ in range(8)]
        await asyncio.sleep(1)
        production.promote(better.version, by="ann")
        taken = await until(
            client, lambda one: one.model == better and one.refused is None, log, seconds=PICK_UP_SECONDS
        )
        before = len(answered)
        for _ in range(300):
            if len(answered) >= before + 50:
                break
            await asyncio.sleep(0.1)
        stop.set()
        await asyncio.gather(*loading)
        assert {job.state for job in answered} == {JobState.SUCCEEDED}
        assert {job.model for job in answered} == {good, better}
        logging.getLogger(__name__).info("taken up in %.1f s, under load, after %d answers", taken, len(answered))
        # Idle, and back to a version that is in the cache.
        production.promote(good.version, by="ann")
        await until(client, lambda one: one.model == good, log, seconds=PICK_UP_SECONDS)
        assert metric(settings, "meadow_model_refused{") == 0


@pytest.mark.slow
async def test_a_worker_with_a_warm_cache_starts_without_registry_and_store(
    settings: Settings,
    registry: ModelRegistry,
    register: Callable[..., ModelRef],
    client: Redis,
    submissions: JobSubmissions,
    images: list[bytes],
) -> None:
    """Even when what it has fetched last is a version that it cannot serve."""
    good, bad = register(dataset_name="good"), register(edit=garble)
    cache = ModelCache(settings.model_cache)
    for ref in (good, bad):
        cache.ensure(ref, registry)
        cache.point(ref)
    cache.note_served(good)
    cut_off = settings.model_copy(update={"mlflow_tracking_uri": UNREACHABLE, "s3_endpoint_url": UNREACHABLE})
    with running_worker(cut_off) as log:
        await until(
            client,
            lambda one: one.model == good and one.refused is not None and one.refused.model == bad,
            log,
            seconds=START_SECONDS,
        )
        assert (await answer(submissions, images[0])).model == good
        deadline = time.monotonic() + PICK_UP_SECONDS
        while "the registry does not answer" not in log():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
        assert metric(settings, "meadow_registry_up") == 0
