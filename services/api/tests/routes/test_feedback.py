"""What people say of answers: of a job's, and of those that were kept for review."""

from collections.abc import Callable

import httpx
import pytest
import redis

from meadow.schemas.feedback import LabelOrigin
from meadow.schemas.jobs import JobError
from meadow.schemas.models import PRODUCTION_ALIAS, ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_core.bundle.manifest import BundleManifest, HoldoutMetrics
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.datasets.corrections import Corrections
from meadow_core.jobs import keys
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.quality.counts import count
from meadow_core.quality.window import add_counts
from meadow_core.registry.versions import ModelRegistry
from meadow_core.review.review_set import ReviewSet
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS

JPEG = {"Content-Type": "image/jpeg"}


def answer(label: str = "grass", *, ood_score: float = 0.4, probability: float = 0.9) -> Prediction:
    return Prediction(
        label=label,
        decision=Decision.UNSURE if ood_score <= 1 else Decision.UNKNOWN,
        scores=[Score(label=label, probability=probability)],
        ood_score=ood_score,
        width=1,
        height=1,
        infer_ms=1,
    )


@pytest.fixture
def settings(settings: Settings, mlflow_uri: str, request: pytest.FixtureRequest) -> Settings:
    """With a bucket and a registered model of the test's own."""
    own = f"{abs(hash(request.node.nodeid)):x}"
    return settings.model_copy(
        update={"mlflow_tracking_uri": mlflow_uri, "images_bucket": f"feedback-{own}", "registered_model": f"m{own}"}
    )


@pytest.fixture(autouse=True)
def model(settings: Settings, store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    """A model in production that knows two classes, and was right on 90 % of a hold-out of 73 plain images."""
    store.ensure_bucket(settings.images_bucket)
    registry = ModelRegistry(settings)
    manifest = BundleManifest(
        architecture="resnet18",
        classes=("dandelion", "grass"),
        preprocessing=Preprocessing(size=64),
        decision_threshold=0.7,
        dataset_name="demo",
        dataset_digest="d",
        answer_reference=count([answer("grass"), answer("dandelion")] * 36),
        metrics=HoldoutMetrics(accuracy=0.9, expected_calibration_error=0, examples=1, recall={}, precision={}),
    )
    source = str(tmp_path_factory.mktemp("model"))
    ref = registry.register(run_id="", source=source, model_id=None, manifest=manifest, digest="d")
    registry.set_alias(PRODUCTION_ALIAS, ref.version)
    return ref


@pytest.fixture
def answered(
    gateway: httpx.Client, jpeg: bytes, settings: Settings, redis_client: redis.Redis, model: ModelRef
) -> Callable[..., str]:
    """Submit an image and answer its job as a worker does."""
    leases = JobLeases(redis_client, settings)

    def run(outcome: Prediction | JobError | None = None) -> str:
        job_id: str = gateway.post("/v1/classifications", content=jpeg, headers=JPEG).json()["id"]
        claim = leases.claim(Unit(job_id), model)
        assert claim
        result = outcome or answer()
        assert leases.fail(claim, result) if isinstance(result, JobError) else leases.succeed(claim, result, model)
        return job_id

    return run


@pytest.fixture
def corrections(settings: Settings, store: ObjectStore) -> Corrections:
    return Corrections(store, settings.images_bucket)


def say(gateway: httpx.Client, job_id: str, label: str, **more: object) -> httpx.Response:
    return gateway.put(f"/v1/jobs/{job_id}/feedback", json={"label": label, **more})


def accuracy(gateway: httpx.Client) -> tuple[int, int]:
    said = gateway.get("/v1/quality").json()["accuracy"]
    return said["labelled"], said["right"]


def test_an_answer_is_corrected_without_sending_the_image_again(
    gateway: httpx.Client, answered: Callable[..., str], corrections: Corrections
) -> None:
    job_id = answered()
    job = say(gateway, job_id, "dandelion", note="in bud").json()
    assert (job["feedback"]["label"], job["feedback"]["right"], job["feedback"]["note"]) == (
        "dandelion",
        False,
        "in bud",
    )
    [stored] = corrections.last()
    kept = corrections.read(stored)
    assert (kept.origin, kept.predicted, kept.job_id) == (LabelOrigin.FEEDBACK, "grass", job_id)
    assert gateway.get(f"/v1/jobs/{job_id}").json() == job
    assert accuracy(gateway) == (1, 0)


def test_the_last_word_counts_once_and_the_same_word_changes_nothing(
    gateway: httpx.Client, answered: Callable[..., str], corrections: Corrections, redis_client: redis.Redis
) -> None:
    job_id = answered()
    first = say(gateway, job_id, "dandelion").json()
    assert say(gateway, job_id, "dandelion").json() == first
    # Once labelled, the image is in the object store: what Redis keeps is not needed any more.
    redis_client.delete(keys.image(job_id))
    assert say(gateway, job_id, "grass").json()["feedback"]["right"] is True
    assert accuracy(gateway) == (1, 1)
    assert [stored.label for stored in corrections.last()] == ["grass"]


def test_an_image_that_is_not_kept_any_more_has_to_be_sent(
    gateway: httpx.Client, answered: Callable[..., str], redis_client: redis.Redis, jpeg: bytes
) -> None:
    job_id = answered()
    redis_client.delete(keys.image(job_id))
    refused = say(gateway, job_id, "dandelion")
    assert (refused.status_code, refused.json()["code"]) == (409, "image-gone")
    assert "/v1/corrections" in refused.json()["detail"]
    sent = gateway.post("/v1/corrections", params={"label": "dandelion", "job_id": job_id}, content=jpeg, headers=JPEG)
    assert sent.status_code == 201
    assert gateway.get(f"/v1/jobs/{job_id}").json()["feedback"]["label"] == "dandelion"
    assert accuracy(gateway) == (1, 0)


def test_what_has_no_answer_takes_no_feedback(gateway: httpx.Client, answered: Callable[..., str], jpeg: bytes) -> None:
    waiting = gateway.post("/v1/classifications", content=jpeg, headers=JPEG).json()["id"]
    assert say(gateway, waiting, "grass").json()["code"] == "job-not-finished"
    failed = answered(JobError(code="image-undecodable", detail="It is damaged."))
    assert say(gateway, failed, "grass").json()["code"] == "job-finished"
    batch = gateway.post("/v1/batches").json()["id"]
    assert say(gateway, batch, "grass").json()["code"] == "invalid-request"
    assert say(gateway, "job_none", "grass").json()["code"] == "not-found"


def test_a_label_that_the_model_does_not_have_is_refused_unless_it_is_to_be_new(
    gateway: httpx.Client, answered: Callable[..., str]
) -> None:
    job_id = answered()
    refused = say(gateway, job_id, "moss")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-label")
    assert refused.json()["errors"][0]["location"] == "body.label"
    assert say(gateway, job_id, "moss", new_class=True).status_code == 200


def test_uncertain_answers_are_listed_shown_and_labelled(
    gateway: httpx.Client,
    answered: Callable[..., str],
    corrections: Corrections,
    redis_client: redis.Redis,
    store: ObjectStore,
    settings: Settings,
    model: ModelRef,
    jpeg: bytes,
) -> None:
    job_id = answered()
    ReviewSet(redis_client, store, settings).offer(jpeg, answer(), model, job_id=job_id, name="lawn.jpg")
    page = gateway.get("/v1/reviews").json()
    [item] = page["items"]
    assert (page["total"], item["name"], item["prediction"]["decision"]) == (1, "lawn.jpg", "unsure")
    image = gateway.get(f"/v1/reviews/{item['id']}/image")
    assert (image.content, image.headers["Content-Type"]) == (jpeg, "image/jpeg")
    assert gateway.put(f"/v1/reviews/{item['id']}", json={"label": "moss"}).json()["code"] == "unknown-label"
    assert gateway.put(f"/v1/reviews/{item['id']}", json={"label": "dandelion"}).json()["origin"] == "review"
    assert [stored.label for stored in corrections.last()] == ["dandelion"]
    assert gateway.get("/v1/reviews").json()["total"] == 0
    assert gateway.get(f"/v1/jobs/{job_id}").json()["feedback"]["label"] == "dandelion"
    assert gateway.put(f"/v1/reviews/{item['id']}", json={"label": "grass"}).status_code == 404


def test_what_nobody_can_tell_is_forgotten(
    gateway: httpx.Client, redis_client: redis.Redis, store: ObjectStore, settings: Settings, model: ModelRef
) -> None:
    ReviewSet(redis_client, store, settings).offer(b"blur", answer(), model, job_id="job_x", name="")
    [item] = gateway.get("/v1/reviews").json()["items"]
    assert gateway.delete(f"/v1/reviews/{item['id']}").status_code == 204
    assert gateway.get("/v1/reviews").json()["items"] == []
    assert gateway.get("/v1/reviews/nothing/image").status_code == 422


def test_strange_images_are_reported_as_drift(
    gateway: httpx.Client, redis_client: redis.Redis, settings: Settings, model: ModelRef
) -> None:
    few = gateway.get("/v1/quality").json()
    assert (few["verdict"], few["images"], few["model"]["version"]) == ("too-few", 0, model.version)
    kept = settings.quality_seconds
    add_counts(redis_client, model.version, count([answer("grass"), answer("dandelion")] * 100), kept_seconds=kept)
    assert gateway.get("/v1/quality").json()["verdict"] == "ok"
    add_counts(redis_client, model.version, count([answer("grass", ood_score=1.8)] * 150), kept_seconds=kept)
    report = gateway.get("/v1/quality", params={"window_hours": 2}).json()
    assert report["verdict"] == "drift"
    assert report["decisions"] == {"unsure": 200, "unknown": 150}
    drifted = {one["name"] for one in report["drift"] if one["verdict"] == "drift"}
    assert "input" in drifted
    assert report["from"] < report["to"]
    # Another version's answers are its own.
    assert gateway.get("/v1/quality", params={"window_hours": 0}).status_code == 422
