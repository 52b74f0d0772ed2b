"""Every image of a folder is answered exactly once, whatever breaks in between."""

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import redis

from classify_command import ClassifyCommand
from gateway_process import GatewayProcess
from meadow.packs import PACK_IMAGES
from meadow_core.jobs import keys
from meadow_core.jobs.record import text
from pack_answerer import PackAnswerer

PACKS = 150
FILES = PACKS * PACK_IMAGES - 7
PATIENCE_SECONDS = 120

Photos = Callable[[int], list[str]]


def packs_in(client: "redis.Redis", batch_id: str) -> int:
    """How many packs of a batch are in."""
    return int(client.bitcount(keys.packs_added(batch_id)))


def wait_for_packs(client: "redis.Redis", least: int) -> str:
    """Wait until a batch has so many packs, and return its id."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for job_id in client.zrange(keys.JOB_INDEX, 0, 0):
            if packs_in(client, text(job_id)) >= least:
                return text(job_id)
        time.sleep(0.001)
    raise AssertionError("no batch comes")


def job_of(gateway: GatewayProcess, job_id: str) -> dict[str, object]:
    job: dict[str, object] = httpx.get(f"{gateway.url}/v1/jobs/{job_id}").json()
    return job


def test_a_folder_is_answered_in_the_order_of_its_names(
    classify: ClassifyCommand, answerer: PackAnswerer, photos: Photos
) -> None:
    names = photos(200)
    with answerer:
        done = classify.start()
        output, _ = done.communicate(timeout=PATIENCE_SECONDS)
    assert classify.names() == names, output
    assert "uploaded 200/200" in output.lower()
    assert "classified 200/200" in output
    assert len(answerer.answered) == len(set(answerer.answered)) == 4


def test_a_killed_client_goes_on_where_it_was(
    classify: ClassifyCommand,
    answerer: PackAnswerer,
    photos: Photos,
    redis_client: "redis.Redis",
    gateway_process: GatewayProcess,
) -> None:
    names = photos(FILES)
    killed = classify.start()
    batch_id = wait_for_packs(redis_client, 5)
    killed.kill()
    killed.communicate()
    assert packs_in(redis_client, batch_id) < PACKS, "it was too quick to be interrupted"
    assert not classify.out.exists()
    with answerer:
        resumed = classify.start("--resume")
        output, _ = resumed.communicate(timeout=PATIENCE_SECONDS)
    assert f"Going on with {batch_id}" in output
    assert classify.names() == names
    job = job_of(gateway_process, batch_id)
    assert job["progress"]["total"] == job["progress"]["done"] == FILES  # type: ignore[index]
    assert redis_client.zcard(keys.JOB_INDEX) == 1
    again = classify.start("--resume")
    output, _ = again.communicate(timeout=PATIENCE_SECONDS)
    assert f"Going on with {batch_id}, which is succeeded" in output
    assert classify.names() == names
    assert len(answerer.answered) == PACKS


def test_a_gateway_that_is_killed_and_comes_back_is_waited_for(
    classify: ClassifyCommand,
    answerer: PackAnswerer,
    photos: Photos,
    redis_client: "redis.Redis",
    gateway_process: GatewayProcess,
) -> None:
    names = photos(FILES)
    # The key of the ids that it gives out went with the records of the test before; this one is to find it again.
    gateway_process.kill()
    gateway_process.start()
    with answerer:
        running = classify.start()
        batch_id = wait_for_packs(redis_client, 5)
        gateway_process.kill()
        assert packs_in(redis_client, batch_id) < PACKS, "it was too quick to be interrupted"
        time.sleep(1)
        gateway_process.start()
        output, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode == 1, output  # every image failed, as the answerer says
    assert classify.names() == names
    assert redis_client.zcard(keys.JOB_INDEX) == 1


def test_ctrl_c_says_how_to_go_on_and_how_to_give_up(
    classify: ClassifyCommand, photos: Photos, redis_client: "redis.Redis"
) -> None:
    photos(FILES)
    running = classify.start()
    batch_id = wait_for_packs(redis_client, 5)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode == 130
    assert re.search(r"To go on: +meadow classify --resume photos --out \S+out.ndjson\n", output), output
    assert f"To give it up: meadow cancel {batch_id}" in output


def test_a_folder_that_changed_is_told_apart_from_the_interrupted_one(
    classify: ClassifyCommand, photos: Photos, redis_client: "redis.Redis", tmp_path: Path
) -> None:
    photos(FILES)
    killed = classify.start()
    batch_id = wait_for_packs(redis_client, 1)
    killed.kill()
    killed.communicate()
    (tmp_path / "photos" / "new.jpg").write_bytes(b"\xff\xd8\xff")
    resumed = classify.start("--resume")
    output, _ = resumed.communicate(timeout=PATIENCE_SECONDS)
    assert resumed.returncode == 2
    assert f"photos is not as it was when {batch_id} was begun" in output
    assert f"meadow cancel {batch_id}" in output
    assert redis_client.zcard(keys.JOB_INDEX) == 1
