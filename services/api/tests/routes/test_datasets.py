from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
import redis
from PIL import Image

from meadow.schemas.queues import TRAINING_QUEUE
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.jobs import keys
from meadow_core.names import INGEST_TASK
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore

URL = "/v1/datasets"
PREFIX = {"type": "s3_prefix", "uri": "s3://BUCKET/inbox/"}


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"images_bucket": f"datasets-{abs(hash(request.node.nodeid)):x}"})


@pytest.fixture
def ask(settings: Settings) -> Callable[..., dict[str, object]]:
    """Ask for the ingestion of a prefix that may be read."""
    source = {**PREFIX, "uri": f"s3://{settings.images_bucket}/inbox/"}
    return lambda **changes: {"name": "lawns", "sources": [source], **changes}


@pytest.fixture
def catalog(settings: Settings, store: ObjectStore) -> DatasetCatalog:
    store.ensure_bucket(settings.images_bucket)
    return DatasetCatalog(store, settings.images_bucket, max_image_pixels=10_000)


def test_an_ingestion_is_a_job_on_the_trainers_queue(
    gateway: httpx.Client, ask: Callable[..., dict[str, object]], redis_client: redis.Redis
) -> None:
    answer = gateway.post(URL, json=ask())
    job = answer.json()
    assert answer.status_code == 202
    assert (job["kind"], job["state"], job["name"]) == ("ingest", "queued", "lawns")
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    [message] = redis_client.lrange(TRAINING_QUEUE, 0, -1)
    assert INGEST_TASK.encode() in message
    assert b"sources" in (redis_client.hget(keys.job(job["id"]), "request") or b"")
    assert [one["id"] for one in gateway.get("/v1/jobs", params={"kind": "ingest"}).json()["jobs"]] == [job["id"]]


def test_the_same_key_makes_one_ingestion(gateway: httpx.Client, ask: Callable[..., dict[str, object]]) -> None:
    key = {"Idempotency-Key": "once"}
    first, second = (gateway.post(URL, json=ask(), headers=key) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert gateway.post(URL, json=ask(add=True), headers=key).json()["code"] == "idempotency-key-reused"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "../lawns"}, "no data set name"),
        ({"sources": []}, "at least 1"),
        ({"sources": [{"type": "url_list", "name": "absent"}]}, "dandelion-grass"),
        ({"sources": [{"type": "url_list"}]}, "either name or uri"),
        ({"sources": [{"type": "s3_prefix", "uri": "s3://secrets/"}]}, "MEADOW_SOURCE_BUCKETS"),
        ({"sources": [{"type": "folder", "path": "/etc"}]}, "type"),
    ],
)
def test_what_cannot_be_read_is_refused_at_once(
    gateway: httpx.Client, ask: Callable[..., dict[str, object]], changes: dict[str, object], words: str
) -> None:
    answer = gateway.post(URL, json=ask(**changes))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert words in answer.json()["detail"]


def test_versions_are_listed_counted_and_shown(gateway: httpx.Client, catalog: DatasetCatalog, lawns: Path) -> None:
    assert gateway.get(URL).json() == {"datasets": []}
    before = catalog.publish_folder("lawns", lawns).manifest.digest
    pixels = np.random.default_rng(9).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(lawns / "grass" / "2.png")
    after = catalog.publish_folder("lawns", lawns).manifest.digest
    [listed] = gateway.get(URL).json()["datasets"]
    assert (listed["name"], listed["digest"]) == ("lawns", after)
    detail = gateway.get(f"{URL}/lawns").json()
    assert (detail["digest"], {one["digest"] for one in detail["versions"]}) == (after, {before, after})
    changes = gateway.get(f"{URL}/lawns/changes", params={"since": before}).json()
    assert (changes["added"], changes["removed"], changes["relabelled"], changes["version"]) == (1, 0, 0, after)
    assert gateway.get(f"{URL}/lawns/changes").json()["added"] == 3
    report = gateway.get(f"{URL}/lawns/versions/{after}/report")
    assert "<img" in report.text
    assert "sandbox" in report.headers["Content-Security-Policy"]


def test_an_ingestion_has_a_page_of_its_own(gateway: httpx.Client, catalog: DatasetCatalog) -> None:
    catalog.runs.keep("lawns", "ingest_1", b"<h1>lawns</h1>", [])
    report = gateway.get(f"{URL}/lawns/runs/ingest_1/report")
    assert (report.text, report.headers["Content-Type"]) == ("<h1>lawns</h1>", "text/html; charset=utf-8")
    assert "sandbox" in report.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/absent",
        "/absent/changes",
        "/absent/versions/ab/report",
        "/absent/runs/ingest_1/report",
        "/absent/runs/%2e%2e/report",
    ],
)
def test_what_is_not_there_is_not_found(gateway: httpx.Client, path: str, settings: Settings) -> None:
    ObjectStore(settings).ensure_bucket(settings.images_bucket)
    answer = gateway.get(URL + path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_training_runs_are_read_listed_and_cancelled_as_jobs(
    gateway: httpx.Client, catalog: DatasetCatalog, lawns: Path, ask: Callable[..., dict[str, object]]
) -> None:
    catalog.publish_folder("lawns", lawns)
    runs = "/v1/training-runs"
    job = gateway.post(runs, json={"dataset": "lawns", "cause": "drift"}).json()
    ingestion = gateway.post(URL, json=ask()).json()
    assert job["cause"] == "drift"
    assert gateway.get(f"{runs}/{job['id']}").json() == gateway.get(f"/v1/jobs/{job['id']}").json()
    assert [one["id"] for one in gateway.get(runs).json()["jobs"]] == [job["id"]]
    assert gateway.post(f"{runs}/{job['id']}:cancel").json()["state"] == "cancelled"
    assert gateway.get(f"{runs}/{ingestion['id']}").status_code == 404
    assert gateway.post(runs, json={"dataset": "lawns", "cause": "whim"}).status_code == 422
