"""Every operation answers as the OpenAPI document says, whatever is sent: a schemathesis run of bounded length."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import redis
from pydantic import SecretStr

from meadow.packs import PACK_TYPE, build_pack
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.registry.versions import ModelRegistry
from meadow_core.review.review_set import ReviewSet
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from mlflow_warnings import MLFLOW_WARNINGS
from model_versions import register_versions

pytestmark = [
    pytest.mark.timeout(600),
    *MLFLOW_WARNINGS,
]

HERE = Path(__file__).parent
MAX_EXAMPLES = 4
MODEL = ModelRef(name="model", version="1", digest="d0")
PREDICTION = Prediction(
    label="grass",
    decision=Decision.UNSURE,
    scores=[Score(label="grass", probability=0.6), Score(label="dandelion", probability=0.4)],
    width=32,
    height=24,
    infer_ms=1,
)


@pytest.fixture
def settings(settings: Settings, mlflow_uri: str) -> Settings:
    return settings.model_copy(
        update={
            "mlflow_tracking_uri": mlflow_uri,
            "registered_model": "schema-run",
            # Most of the jobs that there are never end.
            "max_wait_seconds": 0,
            "images_bucket": "schema-run",
            "webhook_secret": SecretStr("whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiB3ZWJob29rcw=="),
            "webhook_allowed_networks": "127.0.0.0/8",
        }
    )


@pytest.fixture
def existing(
    gateway: httpx.Client,
    settings: Settings,
    redis_client: redis.Redis,
    store: ObjectStore,
    lawns: Path,
    jpeg: bytes,
    tmp_path: Path,
) -> dict[str, list[str]]:
    """Make one of everything, and more of what requests use up."""
    register_versions(ModelRegistry(settings), tmp_path, 2)
    store.ensure_bucket(settings.images_bucket)
    catalog = DatasetCatalog(store, settings.images_bucket, max_image_pixels=10_000)
    catalog.publish_folder("lawns", lawns)
    [summary] = gateway.get("/v1/datasets").json()["datasets"]
    image = gateway.get("/v1/datasets/lawns/images").json()["images"][0]["sha256"]
    catalog.runs.keep("lawns", "ingest_1", b"<h1>lawns</h1>", [])
    jobs = [
        gateway.post("/v1/classifications", content=jpeg, headers={"Content-Type": "image/jpeg"}).json()["id"]
        for _ in range(4)
    ]
    leases = JobLeases(redis_client, settings)
    claim = leases.claim(Unit(jobs[0]), MODEL)
    assert claim
    assert leases.succeed(claim, PREDICTION)
    reviews = ReviewSet(redis_client, store, settings)
    assert reviews.offer(jpeg, PREDICTION, MODEL, job_id=jobs[0], name="lawn.jpg")
    batches = [gateway.post("/v1/batches", json={}).json()["id"] for _ in range(4)]
    for batch_id in batches:
        pack = build_pack([("lawn.jpg", jpeg)])
        put = gateway.put(f"/v1/batches/{batch_id}/packs/0", content=pack, headers={"Content-Type": PACK_TYPE})
        assert put.is_success, put.text
    runs = [gateway.post("/v1/training-runs", json={"dataset": "lawns"}).json()["id"] for _ in range(2)]
    [item] = reviews.page(size=1).items
    return {
        "finished_job_id": jobs[:1],
        "job_id": [*jobs, *batches, *runs],
        "batch_id": batches,
        "item_id": [item.id],
        "name": ["lawns"],
        "digest": [summary["digest"]],
        "sha256": [image],
        "version": ["1", "2"],
    }


@pytest.mark.slow
def test_no_answer_differs_from_its_description(
    gateway: httpx.Client, existing: dict[str, list[str]], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml"]
    options = ["--max-examples", MAX_EXAMPLES, "--generation-deterministic"]
    run = subprocess.run(  # noqa: S603
        [*map(str, command), "run", f"{gateway.base_url}/openapi.json", *map(str, options)],
        env={
            **os.environ,
            "EXISTING_IDS": json.dumps(existing),
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": str(HERE),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    tested = re.search(r"Tested: (\d+)", run.stdout)
    assert tested, run.stdout
    assert int(tested[1]) == sum(map(len, gateway.get("/openapi.json").json()["paths"].values()))
