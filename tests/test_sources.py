"""Batches that fill themselves, over the running stack: by the command line, and whatever is killed meanwhile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import redis

from meadow.schemas.items import ItemState
from meadow.schemas.jobs import Job, JobState
from meadow.schemas.sources import PrefixSource, ZipSource
from meadow_core.jobs import keys
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore
from trained_stack import TrainedStack
from zips import make_zip

pytestmark = pytest.mark.system

PATIENCE_SECONDS = 200
MANY = 1000
"""More images than are enqueued in a moment: a kill at the first pack comes in the middle."""
MORE = 3 * MANY
"""So many that nobody fills the batch before it is cancelled."""


@pytest.fixture
def store(trained: TrainedStack) -> ObjectStore:
    return ObjectStore(trained.stack.settings)


@pytest.fixture
def pictures(trained: TrainedStack) -> dict[str, bytes]:
    return {
        f"{label}/{number}.jpg": trained.picture(label, number)
        for label in ("dandelion", "grass")
        for number in range(6)
    }


def classify(trained: TrainedStack, folder: Path, *arguments: str) -> tuple[int, str, dict[str, dict[str, object]]]:
    command = [str(Path(sys.executable).with_name("meadow")), "classify", *arguments, "--out", "out.ndjson"]
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        env=trained.stack.env,
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    out = folder / "out.ndjson"
    assert out.exists(), done.stdout + done.stderr
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len({row["item"] for row in rows}) == len(rows)
    return done.returncode, done.stdout, {row["item"]: row for row in rows}


def labels(rows: dict[str, dict[str, object]]) -> dict[str, object]:
    return {name: row["prediction"] and row["prediction"]["label"] for name, row in rows.items()}  # type: ignore[index]


def test_a_zip_a_prefix_and_a_folder_of_the_same_images_are_answered_alike(
    trained: TrainedStack, store: ObjectStore, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    for name, body in pictures.items():
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(body)
        store.put(trained.stack.settings.images_bucket, f"inbox/{name}", body)
    (tmp_path / "photos.zip").write_bytes(make_zip(list(pictures.items())))
    answers = [classify(trained, tmp_path, place) for place in ("photos", "photos.zip", "s3://images-bucket/inbox/")]
    assert [status for status, _, _ in answers] == [0, 0, 0], answers
    assert all("12 images" in output for _, output, _ in answers)
    folder, zipped, prefix = (labels(rows) for _, _, rows in answers)
    assert set(folder) == set(pictures)
    assert folder == zipped == prefix
    assert not list(store.keys(trained.stack.settings.jobs_bucket, upload_key("")))
    _, output, again = classify(trained, tmp_path, "photos.zip", "--resume")
    assert "which is succeeded" in output
    assert labels(again) == zipped


def test_a_zip_says_which_of_its_entries_failed_and_why(
    trained: TrainedStack, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    body = next(iter(pictures.values()))
    entries = [
        ("good.jpg", body),
        ("../evil.jpg", body),
        ("cut.jpg", body[:900]),
        ("inner.zip", b"PK"),
        ("notes.txt", b""),
    ]
    (tmp_path / "photos.zip").write_bytes(make_zip(entries))
    status, output, rows = classify(trained, tmp_path, "photos.zip")
    assert status == 1
    assert list(rows) == ["good.jpg", "../evil.jpg", "cut.jpg", "inner.zip"]
    codes = [row["error"] and row["error"]["code"] for row in rows.values()]  # type: ignore[index]
    assert codes == [None, "zip-entry-refused", "image-undecodable", "zip-entry-refused"]
    assert "leads out of the zip" in output
    assert not (tmp_path.parent / "evil.jpg").exists()


def test_a_form_is_answered_like_a_folder(trained: TrainedStack, pictures: dict[str, bytes]) -> None:
    files = [("images", (name, body, "image/jpeg")) for name, body in pictures.items()]
    job = Job.model_validate_json(httpx.post(f"{trained.stack.settings.api_url}/v1/batches", files=files).content)
    done = trained.stack.client.wait(job.id, timeout=PATIENCE_SECONDS)
    assert done.state is JobState.SUCCEEDED
    assert [item.item for item in trained.stack.client.download(job.id)] == list(pictures)


def test_a_source_that_cannot_be_read_fails_the_batch_with_its_reason(trained: TrainedStack, tmp_path: Path) -> None:
    client = trained.stack.client
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(1000))
    for source, code in (
        (ZipSource(upload_id=client.upload_file(tmp_path / "broken.zip")), "zip-invalid"),
        (PrefixSource(uri="s3://images-bucket/no/such/folder/"), "source-empty"),
    ):
        job = client.wait(client.open_batch(source=source).id, timeout=PATIENCE_SECONDS)
        assert job.state is JobState.FAILED
        assert job.error
        assert job.error.code == code


@pytest.fixture(scope="module")
def many(trained: TrainedStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, PrefixSource | Path]]:
    """Many images in a zip, the same under a prefix, and more of them under one that holds it."""
    body = trained.picture("grass")
    store, bucket = ObjectStore(trained.stack.settings), trained.stack.settings.images_bucket
    for number in range(MORE):
        store.put(bucket, f"many/{number // MANY}/{number:05}.jpg", body)
    path = tmp_path_factory.mktemp("zips") / "many.zip"
    path.write_bytes(make_zip([(f"{number:05}.jpg", body) for number in range(MANY)]))
    yield {
        "zip": path,
        "prefix": PrefixSource(uri=f"s3://{bucket}/many/0/"),
        "more": PrefixSource(uri=f"s3://{bucket}/many/"),
    }
    store.delete_prefix(bucket, "many/")


def kill_children(trained: TrainedStack) -> None:
    for child in psutil.Process(trained.stack.pid_of("worker")).children():
        child.send_signal(signal.SIGKILL)


def kill_worker(trained: TrainedStack) -> None:
    main = psutil.Process(trained.stack.pid_of("worker"))
    for process in (main, *main.children(recursive=True)):
        process.send_signal(signal.SIGKILL)


def kill_store(trained: TrainedStack) -> None:
    os.kill(trained.stack.pid_of("s3"), signal.SIGKILL)


@pytest.mark.parametrize("kind", ["zip", "prefix"])
@pytest.mark.parametrize("kill", [kill_children, kill_worker, kill_store])
def test_a_batch_is_filled_and_answered_whole_whatever_is_killed_meanwhile(
    trained: TrainedStack, many: dict[str, PrefixSource | Path], kind: str, kill: Callable[[TrainedStack], None]
) -> None:
    client, source = trained.stack.client, many[kind]
    if isinstance(source, Path):
        job = client.open_batch(source=ZipSource(upload_id=client.upload_file(source)))
    else:
        job = client.open_batch(source=source)
    with redis.Redis.from_url(trained.stack.settings.redis_url.get_secret_value()) as connection:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not connection.hexists(keys.job(job.id), "packs_added"):
            assert time.monotonic() < deadline
            time.sleep(0.002)
        kill(trained)
        was_sealed = connection.hexists(keys.job(job.id), "packs")
    done = client.wait(job.id, timeout=PATIENCE_SECONDS)
    assert done.state is JobState.SUCCEEDED, (done, was_sealed)
    assert done.progress
    assert (done.progress.total, done.progress.done, done.progress.failed) == (MANY, MANY, 0), was_sealed
    items = list(client.download(job.id))
    assert [item.item for item in items] == [f"{number:05}.jpg" for number in range(MANY)]
    assert {item.state for item in items} == {ItemState.SUCCEEDED}


def test_a_cancelled_batch_is_filled_no_further(trained: TrainedStack, many: dict[str, PrefixSource | Path]) -> None:
    client, source = trained.stack.client, many["more"]
    assert isinstance(source, PrefixSource)
    job = client.open_batch(source=source)
    client.cancel(job.id)
    time.sleep(2)
    after = client.job(job.id)
    assert (after.state, after.sealed) == (JobState.CANCELLED, False)
    [batch_queue] = [queue for queue in client.status().queues if queue.name == "batch"]
    assert batch_queue.depth == 0
