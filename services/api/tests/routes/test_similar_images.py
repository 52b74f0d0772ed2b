"""`/v1/jobs/{id}/neighbours` and `/v1/models/{version}/neighbours`, over MLflow's own store."""

import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import redis

from meadow.client import Client
from meadow.schemas.jobs import JobError
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score, pack_embedding
from meadow.schemas.similar_images import SimilarImages
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from mlflow_warnings import MLFLOW_WARNINGS
from registered_bundles import make_manifest, register_bundle
from training_embeddings import DIGESTS, make_training_embeddings

pytestmark = MLFLOW_WARNINGS

JPEG = {"Content-Type": "image/jpeg"}
LIKE_THE_SECOND = pack_embedding(make_training_embeddings().compact[1].tobytes())


@pytest.fixture
def settings(settings: Settings, mlflow_uri: str) -> Settings:
    return settings.model_copy(
        update={"mlflow_tracking_uri": mlflow_uri, "registered_model": f"model-{uuid.uuid4().hex}"}
    )


@pytest.fixture
def model(settings: Settings, tmp_path: Path) -> ModelRef:
    """A version that keeps the embeddings of three training images."""
    write = make_training_embeddings().write
    return register_bundle(ModelRegistry(settings), tmp_path / "artefacts", make_manifest(), extra=write)


@pytest.fixture
def answer(
    settings: Settings, redis_client: redis.Redis, gateway: httpx.Client, jpeg: bytes, model: ModelRef
) -> Callable[[str | None], str]:
    """Submit an image, answer it as a worker does, and return the job's id."""

    def run(embedding: str | None) -> str:
        job_id: str = gateway.post("/v1/classifications", content=jpeg, headers=JPEG).json()["id"]
        leases = JobLeases(redis_client, settings)
        claim = leases.claim(Unit(job_id), model)
        assert claim
        prediction = Prediction(
            label="grass, mown",
            decision=Decision.CONFIDENT,
            scores=[Score(label="grass, mown", probability=1)],
            embedding=embedding,
            width=32,
            height=24,
            infer_ms=1,
        )
        assert leases.succeed(claim, prediction)
        return job_id

    return run


def test_neighbours_of_a_job_come_with_label_similarity_and_place(
    gateway: httpx.Client, answer: Callable[[str | None], str], model: ModelRef
) -> None:
    found = SimilarImages.model_validate(
        gateway.get(f"/v1/jobs/{answer(LIKE_THE_SECOND)}/neighbours", params={"count": 2}).json()
    )
    assert found.model == model
    assert [(image.sha256, image.label) for image in found.images] == [
        (DIGESTS[1], "grass, mown"),
        (DIGESTS[0], "dandelion"),
    ]
    assert found.images[0].similarity > found.images[1].similarity
    assert found.images[0].href == f"/v1/datasets/demo/images/{DIGESTS[1]}?version=d1"


def test_the_same_is_found_by_the_embedding_of_a_result(
    gateway: httpx.Client, answer: Callable[[str | None], str], model: ModelRef
) -> None:
    job_id = answer(LIKE_THE_SECOND)
    with Client(str(gateway.base_url)) as client:
        prediction = client.job(job_id).result
        assert isinstance(prediction, Prediction)
        assert prediction.embedding == LIKE_THE_SECOND
        assert client.similar_to(model.version, prediction.embedding) == client.similar_images(job_id)
        assert len(client.similar_images(job_id, count=1).images) == 1


def test_jobs_without_neighbours_say_why(
    gateway: httpx.Client, answer: Callable[[str | None], str], jpeg: bytes, redis_client: redis.Redis,
    settings: Settings, model: ModelRef,
) -> None:  # fmt: skip
    waiting = gateway.post("/v1/classifications", content=jpeg, headers=JPEG).json()["id"]
    failed = gateway.post("/v1/classifications", content=jpeg, headers=JPEG).json()["id"]
    leases = JobLeases(redis_client, settings)
    claim = leases.claim(Unit(failed), model)
    assert claim
    assert leases.fail(claim, JobError(code="image-undecodable", detail="It is no image."))
    expected = {waiting: (409, "Wait for it"), failed: (404, "no image that was answered"),
                answer(None): (404, "has no embeddings"), "job_none": (404, "job_none")}  # fmt: skip
    for job_id, (status, words) in expected.items():
        response = gateway.get(f"/v1/jobs/{job_id}/neighbours")
        assert response.status_code == status
        assert words in response.json()["detail"]


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("version", "embedding", "status", "words"),
    [
        ("7", LIKE_THE_SECOND, 404, "no model version 7"),
        ("1", "AAAA", 422, "has 2 bytes, this one 3"),
        ("1", "no base64!", 422, "base64"),
        ("1", "", 422, "embedding"),
    ],
)
def test_odd_embeddings_are_refused(
    gateway: httpx.Client, version: str, embedding: str, status: int, words: str
) -> None:
    response = gateway.get(f"/v1/models/{version}/neighbours", params={"embedding": embedding})
    assert response.status_code == status
    assert words in response.text
