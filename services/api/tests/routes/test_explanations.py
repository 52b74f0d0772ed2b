from collections.abc import Callable

import httpx
import pytest
import redis

from meadow.schemas.explanations import Explanation, ExplanationMap, ExplanationState
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.settings import Settings
from meadow_core.storage.layout import explanation_image_key, explanation_map_key
from meadow_core.storage.s3 import ObjectStore

Finish = Callable[[str, Explanation], None]
JPEG = {"Content-Type": "image/jpeg"}
MAP = ExplanationMap(label="grass", width=32, height=24, box=(4, 0, 28, 24), drops=[[0.5, -0.25]])
READY = Explanation(state=ExplanationState.READY)


@pytest.fixture
def finish(settings: Settings, redis_client: redis.Redis) -> Finish:
    """Answer a job as a worker does."""

    def run(job_id: str, explanation: Explanation) -> None:
        leases = JobLeases(redis_client, settings)
        claim = leases.claim(Unit(job_id), ModelRef(name="m", version="7", digest="d"))
        assert claim
        score = Score(label="grass", probability=1)
        prediction = Prediction(
            label="grass", decision=Decision.CONFIDENT, scores=[score], width=32, height=24, infer_ms=1
        )
        assert leases.succeed(claim, prediction, explanation=explanation)

    return run


def submit(gateway: httpx.Client, jpeg: bytes, **query: str) -> str:
    job_id: str = gateway.post("/v1/classifications", content=jpeg, headers=JPEG, params=query).json()["id"]
    return job_id


def test_an_explanation_is_read_as_a_picture_and_in_numbers(
    gateway: httpx.Client, jpeg: bytes, finish: Finish, store: ObjectStore, settings: Settings
) -> None:
    job_id = submit(gateway, jpeg, explain="true")
    job = gateway.get(f"/v1/jobs/{job_id}").json()
    assert job["explanation"]["state"] == "pending"
    early = gateway.get(job["links"]["explanation"])
    assert (early.status_code, early.json()["code"]) == (409, "job-not-finished")
    store.put(settings.jobs_bucket, explanation_map_key(job_id), MAP.model_dump_json().encode())
    store.put(settings.jobs_bucket, explanation_image_key(job_id), b"png")
    finish(job_id, READY)
    job = gateway.get(f"/v1/jobs/{job_id}").json()
    assert job["explanation"]["state"] == "ready"
    picture = gateway.get(job["links"]["explanation"])
    assert (picture.content, picture.headers["Content-Type"]) == (b"png", "image/png")
    numbers = gateway.get(job["links"]["explanation"], params={"format": "json"})
    assert ExplanationMap.model_validate(numbers.json()) == MAP
    wrong = gateway.get(job["links"]["explanation"], params={"format": "svg"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-request")


def test_a_form_can_ask_for_one_too(gateway: httpx.Client, jpeg: bytes) -> None:
    answer = gateway.post("/v1/classifications?explain=true", files={"image": ("lawn.jpg", jpeg, "image/jpeg")})
    assert answer.json()["explanation"]["state"] == "pending"


def test_why_there_is_none_is_said(gateway: httpx.Client, jpeg: bytes, finish: Finish) -> None:
    plain, lost, gone = submit(gateway, jpeg), submit(gateway, jpeg, explain="1"), submit(gateway, jpeg, explain="1")
    finish(lost, Explanation(state=ExplanationState.UNAVAILABLE, detail="The worker was lost."))
    finish(gone, READY)
    assert gateway.get(f"/v1/jobs/{plain}").json()["links"]["explanation"] is None
    for job_id, why in ((plain, "explain=true"), (lost, "The worker was lost."), (gone, "gone from the store")):
        answer = gateway.get(f"/v1/jobs/{job_id}/explanation")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert why in answer.json()["detail"]


def test_a_cancelled_job_explains_nothing(gateway: httpx.Client, jpeg: bytes) -> None:
    job_id = submit(gateway, jpeg, explain="true")
    cancelled = gateway.post(f"/v1/jobs/{job_id}:cancel").json()
    assert cancelled["explanation"]["state"] == "unavailable"


def test_asking_for_an_explanation_is_another_request(gateway: httpx.Client, jpeg: bytes) -> None:
    headers = {**JPEG, "Idempotency-Key": "k1"}
    first, again, other = (
        gateway.post("/v1/classifications", content=jpeg, headers=headers, params={"explain": asked})
        for asked in ("true", "1", "false")
    )
    assert first.json()["id"] == again.json()["id"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_no_explanation_outlives_its_jobs_record(
    gateway: httpx.Client, jpeg: bytes, finish: Finish, redis_client: redis.Redis
) -> None:
    job_id = submit(gateway, jpeg, explain="true")
    finish(job_id, READY)
    redis_client.delete(f"meadow:job:{job_id}")
    assert gateway.get(f"/v1/jobs/{job_id}/explanation").status_code == 410
