"""Ingestion jobs on real stores: publication, report, failure and cancellation."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import redis
from PIL import Image

from image_host import ImageHost
from meadow.schemas.ingestion import (
    CorrectedLabels,
    IngestRequest,
    IngestResult,
    IngestSource,
    LabelledPrefix,
    ListedUrls,
)
from meadow.schemas.jobs import Job, JobState
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.corrections import Corrections
from meadow_core.datasets.rejection import read_rejections
from meadow_core.jobs import keys
from meadow_core.jobs.connection import connect
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.record import decode_hash, to_job
from meadow_core.settings import Settings
from meadow_core.storage.layout import run_rejections_key
from meadow_core.storage.s3 import ObjectStore
from meadow_trainer.jobs.ingest import IngestJobs
from meadow_trainer.jobs.metrics import TrainerMetrics

UNIT = Unit("ingest_1")


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(
        update={
            "images_bucket": f"ingest-{abs(hash(request.node.nodeid)):x}",
            "ingest_allowed_networks": "127.0.0.0/8",
        }
    )


@pytest.fixture
def bucket(settings: Settings, store: ObjectStore) -> str:
    store.ensure_bucket(settings.images_bucket)
    return settings.images_bucket


@pytest.fixture
def host() -> Iterator[ImageHost]:
    with ImageHost() as running:
        yield running


def picture(folder: Path, seed: int) -> bytes:
    path = folder / f"{seed}.png"
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(path)
    return path.read_bytes()


def fill(store: ObjectStore, bucket: str, folder: Path, *seeds: int) -> LabelledPrefix:
    for seed in seeds:
        label = "grass" if seed % 2 else "dandelion"
        store.put(bucket, f"inbox/{label}/{seed}.png", picture(folder, seed))
    return LabelledPrefix(uri=f"s3://{bucket}/inbox/")


def accept(client: redis.Redis, request: IngestRequest) -> None:
    """Write a job's record as the gateway does."""
    client.hset(
        keys.job(UNIT.job_id),
        mapping={
            "id": str(UNIT),
            "kind": "ingest",
            "state": "queued",
            "created_at": 0,
            "retention_ms": 60_000,
            "request": request.model_dump_json(),
        },
    )


def run(settings: Settings, client: redis.Redis, *sources: IngestSource, add: bool = False) -> Job:
    """Accept a job, and work it off."""
    request = IngestRequest(name="lawns", sources=list(sources), add=add)
    client.delete(keys.job(UNIT.job_id))
    accept(client, request)
    IngestJobs.connect(settings, connect(settings), TrainerMetrics(settings.home)).run(UNIT)
    return to_job(decode_hash(client.hgetall(keys.job(UNIT.job_id))))


def result_of(job: Job) -> IngestResult:
    assert isinstance(job.result, IngestResult), job
    return job.result


def test_prefix_is_published_once_and_unchanged_prefix_gives_no_version(
    settings: Settings, redis_client: redis.Redis, store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    source = fill(store, bucket, tmp_path, 1, 2, 3)
    job = run(settings, redis_client, source)
    result = result_of(job)
    assert (result.changed, result.images, result.added, result.removed) == (True, 3, 3, 0)
    assert result.classes == {"dandelion": 1, "grass": 2}
    assert DatasetCatalog(store, bucket, max_image_pixels=10_000).newest("lawns") == result.version
    again = result_of(run(settings, redis_client, source))
    assert (again.changed, again.added, again.version) == (False, 0, result.version)


def test_add_extends_newest_version_or_publishes_first_one(
    settings: Settings, redis_client: redis.Redis, store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    first = result_of(run(settings, redis_client, fill(store, bucket, tmp_path, 1, 2), add=True))
    store.delete_prefix(bucket, "inbox/")
    second = result_of(run(settings, redis_client, fill(store, bucket, tmp_path, 3), add=True))
    assert (first.images, second.images, second.added) == (2, 3, 1)


def test_listed_urls_are_downloaded_and_corrected_labels_take_precedence(
    settings: Settings, redis_client: redis.Redis, store: ObjectStore, bucket: str, tmp_path: Path, host: ImageHost
) -> None:
    rows = ["url,label"]
    for seed, label in ((1, "grass"), (2, "dandelion"), (3, "grass"), (4, "grass")):
        host.put(f"/{seed}.png", picture(tmp_path, seed))
        rows.append(f"{host.url}/{seed}.png,{label}")
    store.put(bucket, "lists/some.csv", "\n".join(rows).encode())
    Corrections(store, bucket).add(picture(tmp_path, 4), "dandelion")
    listed = ListedUrls(uri=f"s3://{bucket}/lists/some.csv")
    result = result_of(run(settings, redis_client, listed, CorrectedLabels()))
    assert result.classes == {"dandelion": 2, "grass": 2}
    assert result.rejected == {"corrected": 1}


def test_every_run_stores_report_even_without_new_version(
    settings: Settings, redis_client: redis.Redis, store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    catalog = DatasetCatalog(store, bucket, max_image_pixels=10_000)
    source = fill(store, bucket, tmp_path, 1, 2)
    assert result_of(run(settings, redis_client, source)).report == f"/v1/datasets/lawns/runs/{UNIT.job_id}/report"
    page = catalog.runs.report("lawns", UNIT.job_id)
    assert b"broken.png" not in page

    store.put(bucket, "inbox/grass/broken.png", b"broken")
    unchanged = result_of(run(settings, redis_client, source))
    assert (unchanged.changed, unchanged.rejected) == (False, {"wrong-type": 1})
    assert unchanged.report == f"/v1/datasets/lawns/runs/{UNIT.job_id}/report"
    assert b"broken.png" in catalog.runs.report("lawns", UNIT.job_id)
    # The version's own page tells how the version came about.
    assert catalog.report("lawns", unchanged.version) == page

    store.put(bucket, "inbox/moss/damaged.png", b"broken")
    failed = run(settings, redis_client, source)
    assert failed.error is not None
    assert "class moss" in failed.error.detail
    assert failed.error.detail.endswith(f" Its report: /v1/datasets/lawns/runs/{UNIT.job_id}/report")
    assert b"damaged.png" in catalog.runs.report("lawns", UNIT.job_id)
    kept = list(read_rejections(store.get(bucket, run_rejections_key("lawns", UNIT.job_id))))
    assert {rejection.name for rejection in kept} == {"grass/broken.png", "moss/damaged.png"}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (LabelledPrefix(uri="s3://secrets/inbox/"), "not read from"),
        (ListedUrls(name="nothing-like-it"), "There is no list"),
        (ListedUrls(uri="s3://BUCKET/lists/absent.csv"), "There is no list"),
        (LabelledPrefix(uri="s3://BUCKET/empty/"), "no images under"),
    ],
)
def test_unreadable_source_fails_job_with_reason(
    settings: Settings, redis_client: redis.Redis, bucket: str, source: LabelledPrefix | ListedUrls, words: str
) -> None:
    asked = source.model_copy(update={"uri": source.uri.replace("BUCKET", bucket)})
    job = run(settings, redis_client, asked)
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.code == "ingest-failed"
    assert words in job.error.detail


def test_job_stopped_by_shutdown_publishes_nothing_and_runs_again(
    settings: Settings, redis_client: redis.Redis, store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    source = fill(store, bucket, tmp_path, 1, 2)
    accept(redis_client, IngestRequest(name="lawns", sources=[source]))
    jobs = IngestJobs.connect(settings, connect(settings), TrainerMetrics(settings.home))
    jobs.shut_down()
    jobs.run(UNIT)
    assert DatasetCatalog(store, bucket, max_image_pixels=10_000).names() == []
    assert decode_hash(redis_client.hgetall(keys.job(UNIT.job_id)))["state"] == "running"
    result_of(run(settings, redis_client, source))
