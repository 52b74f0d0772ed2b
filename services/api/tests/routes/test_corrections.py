from pathlib import Path

import httpx
import pytest
import redis

from meadow.schemas.models import PRODUCTION_ALIAS, ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_core.bundle.manifest import BundleManifest, HoldoutMetrics
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.datasets.corrections import Corrections
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS

URL = "/v1/corrections"
JPEG = {"Content-Type": "image/jpeg"}
NEW = {"label": "moss", "new_class": "true"}


@pytest.fixture
def settings(settings: Settings, mlflow_uri: str, request: pytest.FixtureRequest) -> Settings:
    """With a bucket and a registered model of the test's own."""
    own = f"{abs(hash(request.node.nodeid)):x}"
    return settings.model_copy(
        update={"mlflow_tracking_uri": mlflow_uri, "images_bucket": f"corrections-{own}", "registered_model": f"m{own}"}
    )


@pytest.fixture(autouse=True)
def bucket(settings: Settings, store: ObjectStore) -> None:
    store.ensure_bucket(settings.images_bucket)


@pytest.fixture
def corrections(settings: Settings, store: ObjectStore) -> Corrections:
    return Corrections(store, settings.images_bucket)


def test_a_correction_is_kept_with_what_the_job_is_called(
    gateway: httpx.Client, jpeg: bytes, corrections: Corrections
) -> None:
    job = gateway.post("/v1/classifications", content=jpeg, headers={**JPEG, "X-Image-Name": "lawn.jpg"}).json()
    answer = gateway.post(URL, content=jpeg, headers=JPEG, params={**NEW, "job_id": job["id"]})
    assert answer.status_code == 201
    [stored] = corrections.last()
    kept = corrections.read(stored)
    assert answer.json() == kept.model_dump(mode="json")
    assert (kept.label, kept.job_id, kept.name, kept.caller) == ("moss", job["id"], "lawn.jpg", "anonymous")
    assert gateway.get(URL).json()["labels"] == {"moss": 1}


def test_what_the_model_had_said_is_kept_too(
    gateway: httpx.Client, jpeg: bytes, settings: Settings, redis_client: redis.Redis
) -> None:
    job = gateway.post("/v1/classifications", content=jpeg, headers=JPEG).json()
    leases = JobLeases(redis_client, settings)
    claim = leases.claim(Unit(job["id"]), ModelRef(name="m", version="7", digest="d"))
    assert claim
    scores = [Score(label="grass", probability=1)]
    said = Prediction(label="grass", decision=Decision.CONFIDENT, scores=scores, width=1, height=1, infer_ms=1)
    leases.succeed(claim, said)
    kept = gateway.post(URL, content=jpeg, headers=JPEG, params={**NEW, "job_id": job["id"]}).json()
    assert (kept["predicted"], kept["model_version"]) == ("grass", "7")


def test_a_form_carries_label_and_job(gateway: httpx.Client, jpeg: bytes, corrections: Corrections) -> None:
    files = {"image": ("lawn.jpg", jpeg, "image/jpeg")}
    answer = gateway.post(URL, files=files, data={"label": " moss "}, params={"new_class": "true"})
    assert answer.status_code == 201
    assert [stored.label for stored in corrections.last()] == ["moss"]
    assert answer.json()["name"] == "lawn.jpg"


def test_the_last_correction_of_an_image_counts(gateway: httpx.Client, jpeg: bytes) -> None:
    assert gateway.get(URL).json() == {"total": 0, "labels": {}, "newest_at": None}
    for label in ("moss", "fern"):
        gateway.post(URL, content=jpeg, headers=JPEG, params={**NEW, "label": label})
    counts = gateway.get(URL).json()
    assert (counts["total"], counts["labels"]) == (1, {"fern": 1})


def test_a_label_that_the_model_does_not_have_is_refused(gateway: httpx.Client, jpeg: bytes) -> None:
    answer = gateway.post(URL, content=jpeg, headers=JPEG, params={"label": "moss"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-label")
    assert "none yet" in answer.json()["detail"]
    assert answer.json()["errors"][0]["location"] == "query.label"


def test_a_label_that_the_model_has_is_accepted(
    gateway: httpx.Client, jpeg: bytes, settings: Settings, tmp_path: Path
) -> None:
    registry = ModelRegistry(settings)
    manifest = BundleManifest(
        architecture="resnet18",
        classes=("dandelion", "grass"),
        preprocessing=Preprocessing(size=64),
        decision_threshold=0.7,
        dataset_name="demo",
        dataset_digest="d",
        metrics=HoldoutMetrics(accuracy=0.9, expected_calibration_error=0, examples=1, recall={}, precision={}),
    )
    ref = registry.register(run_id="", source=str(tmp_path), model_id=None, manifest=manifest, digest="d")
    registry.set_alias(PRODUCTION_ALIAS, ref.version)
    assert gateway.post(URL, content=jpeg, headers=JPEG, params={"label": "grass"}).status_code == 201
    refused = gateway.post(URL, content=jpeg, headers=JPEG, params={"label": "moss"})
    assert "'moss' is no class of the model in production (dandelion, grass)" in refused.json()["detail"]


@pytest.mark.parametrize("label", ["", "  ", "x" * 65, "a\nb"])
def test_a_label_that_is_none_is_refused(gateway: httpx.Client, jpeg: bytes, label: str) -> None:
    answer = gateway.post(URL, content=jpeg, headers=JPEG, params={**NEW, "label": label})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_what_is_no_image_or_no_job_is_refused(gateway: httpx.Client, jpeg: bytes) -> None:
    assert gateway.post(URL, content=b"text", headers=JPEG, params=NEW).status_code == 415
    assert gateway.post(URL, content=b"", headers=JPEG, params=NEW).status_code == 400
    answer = gateway.post(URL, content=jpeg, headers=JPEG, params={**NEW, "job_id": "job_none"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert gateway.get(URL).json()["total"] == 0
