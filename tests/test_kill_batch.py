"""A large folder is answered whole, each image once, although everything on its way is killed in between."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis

from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.predictions import Prediction
from meadow_core.jobs import keys
from trained_stack import TrainedStack

pytestmark = pytest.mark.system

IMAGES = 5_000
PATIENCE_SECONDS = 240


@pytest.fixture
def labels(trained: TrainedStack, tmp_path: Path) -> dict[str, str]:
    """Fill the folder `photos` with many names of a few pictures; name -> the label of its picture."""
    pictures = [trained.picture(label, number) for label in ("dandelion", "grass") for number in range(6)]
    answers = [label_of(trained, picture) for picture in pictures]
    kept = tmp_path / "kept"
    photos = tmp_path / "photos"
    kept.mkdir()
    photos.mkdir()
    expected: dict[str, str] = {}
    for number, picture in enumerate(pictures):
        (kept / str(number)).write_bytes(picture)
    for number in range(IMAGES):
        name = f"{number:05d}.jpg"
        os.link(kept / str(number % len(pictures)), photos / name)
        expected[name] = answers[number % len(pictures)]
    assert len(set(answers)) > 1, "the model does not tell the pictures apart"
    return expected


def label_of(trained: TrainedStack, picture: bytes) -> str:
    job = trained.stack.client.submit_image(picture, wait=20)
    assert isinstance(job.result, Prediction)
    return job.result.label


@pytest.fixture
def record(trained: TrainedStack) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(trained.stack.settings.redis_url.get_secret_value()) as client:
        yield client


def classify(trained: TrainedStack, folder: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own command
        [
            str(Path(sys.executable).with_name("meadow")),
            "classify",
            str(folder / "photos"),
            "--out",
            str(folder / "out.ndjson"),
            *options,
        ],
        env=trained.stack.env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def newest_batch(trained: TrainedStack) -> Job | None:
    return next(trained.stack.client.each_job(kind=JobKind.BATCH), None)


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def kill(*processes: psutil.Process) -> None:
    for process in processes:
        process.send_signal(signal.SIGKILL)


@pytest.mark.timeout(2 * PATIENCE_SECONDS)
def test_every_image_is_answered_once_whatever_is_killed(
    trained: TrainedStack, labels: dict[str, str], record: "redis.Redis", tmp_path: Path
) -> None:
    earlier = newest_batch(trained)
    running = classify(trained, tmp_path)
    wait_until(lambda: (batch := newest_batch(trained)) is not None and (earlier is None or batch.id != earlier.id))
    batch = newest_batch(trained)
    assert batch is not None

    def packs_in() -> int:
        return int(record.bitcount(keys.packs_added(batch.id)))

    def images_done() -> int:
        return int(record.hget(keys.job(batch.id), "done") or 0)

    def worker() -> psutil.Process:
        return psutil.Process(trained.stack.pid_of("worker"))

    wait_until(lambda: packs_in() >= 5)
    kill(psutil.Process(trained.stack.pid_of("api")))
    wait_until(lambda: packs_in() >= 15)
    running.kill()
    running.communicate()
    assert not trained.stack.client.job(batch.id).sealed, "it was too quick to be interrupted"

    resumed = classify(trained, tmp_path, "--resume")
    wait_until(lambda: images_done() >= IMAGES // 4)
    kill(worker().children()[-1])
    wait_until(lambda: images_done() >= IMAGES // 2)
    kill(worker(), *worker().children(recursive=True))
    output, _ = resumed.communicate(timeout=PATIENCE_SECONDS)
    assert resumed.returncode == 0, output
    assert f"Going on with {batch.id}" in output

    items = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text().splitlines()]
    assert [(item["item"], item["prediction"]["label"]) for item in items] == list(labels.items())
    finished = trained.stack.client.job(batch.id)
    assert finished.progress is not None
    assert (finished.progress.total, finished.progress.done, finished.progress.failed) == (IMAGES, IMAGES, 0)
    assert sum(finished.progress.classes.values()) == IMAGES
