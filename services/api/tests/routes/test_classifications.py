import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest
import redis

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.settings import Settings

Gateways = Callable[..., AbstractContextManager[httpx.Client]]
URL = "/v1/classifications"
JPEG = {"Content-Type": "image/jpeg"}


def test_a_raw_body_is_accepted(gateway: httpx.Client, jpeg: bytes) -> None:
    answer = gateway.post(URL, content=jpeg, headers={**JPEG, "X-Image-Name": "wiese%20%C3%BC.jpg"})
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert answer.headers["Retry-After"]
    assert (job["state"], job["name"], job["kind"]) == ("queued", "wiese ü.jpg", "classification")
    assert gateway.get(answer.headers["Location"]).json() == job


def test_a_form_is_accepted(gateway: httpx.Client, jpeg: bytes) -> None:
    answer = gateway.post(URL, files={"image": ("lawn.jpg", jpeg, "image/jpeg")})
    assert answer.status_code == 202
    assert answer.json()["name"] == "lawn.jpg"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed-request"),
        (b"not an image at all", 415, "unsupported-type"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, 415, "unsupported-type"),
    ],
)
def test_what_is_no_image_is_refused_by_its_kind(gateway: httpx.Client, body: bytes, status: int, code: str) -> None:
    answer = gateway.post(URL, content=body, headers=JPEG)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "form", [{"files": {"other": ("a.jpg", b"x")}}, {"data": {"image": "text"}, "files": {"x": b""}}]
)
def test_a_form_without_the_image_says_which_field_it_wants(gateway: httpx.Client, form: dict[str, object]) -> None:
    answer = gateway.post(URL, **form)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert "'image'" in answer.json()["detail"]


def test_a_broken_form_is_malformed(gateway: httpx.Client) -> None:
    answer = gateway.post(URL, content=b"garbage", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-request")


def test_pixels_are_counted_from_the_header(gateway_with: Gateways, jpeg: bytes) -> None:
    with gateway_with(max_image_pixels=100) as gateway:
        answer = gateway.post(URL, content=jpeg, headers=JPEG)
    assert (answer.status_code, answer.json()["code"]) == (422, "too-many-pixels")
    assert "32 x 24" in answer.json()["detail"]


def test_a_body_that_is_too_large_is_refused_whether_announced_or_not(gateway_with: Gateways, jpeg: bytes) -> None:
    large = jpeg + b"\0" * 300_000
    with gateway_with(max_image_bytes=1000) as gateway:
        announced = gateway.post(URL, content=large, headers=JPEG)
        streamed = gateway.post(URL, content=(large[i : i + 9999] for i in range(0, len(large), 9999)), headers=JPEG)
        a_little = gateway.post(URL, content=jpeg + b"\0" * 1000, headers=JPEG)
    for answer in (announced, streamed, a_little):
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_full_queue_answers_503_with_retry_after(gateway_with: Gateways, jpeg: bytes) -> None:
    with gateway_with(max_queue_depth=1) as gateway:
        assert gateway.post(URL, content=jpeg, headers=JPEG).status_code == 202
        answer = gateway.post(URL, content=jpeg, headers=JPEG)
        metrics = gateway.get("/metrics").text
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert int(answer.headers["Retry-After"]) > 0
    assert 'meadow_jobs_refused_total{code="overloaded"} 1.0' in metrics


def test_a_repeated_request_gives_the_same_job(gateway: httpx.Client, jpeg: bytes) -> None:
    headers = {**JPEG, "Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
    first = gateway.post(URL, content=jpeg, headers=headers)
    again = gateway.post(
        URL, content=jpeg, headers={**headers, "Idempotency-Key": headers["Idempotency-Key"].strip('"')}
    )
    other = gateway.post(URL, content=jpeg, headers=headers, params={"top_k": 1})
    assert first.json()["id"] == again.json()["id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("wait", ["wait=soon", "wait"])
def test_a_preference_that_is_not_understood_is_refused(gateway: httpx.Client, jpeg: bytes, wait: str) -> None:
    answer = gateway.post(URL, content=jpeg, headers={**JPEG, "Prefer": wait})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-request")


def test_parameters_are_checked_with_their_place_named(gateway: httpx.Client, jpeg: bytes) -> None:
    answer = gateway.post(URL, content=jpeg, headers=JPEG, params={"top_k": "many"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert answer.json()["errors"][0]["location"] == "query.top_k"


def test_a_wait_ends_with_the_answer(
    gateway: httpx.Client, jpeg: bytes, settings: Settings, redis_client: redis.Redis
) -> None:
    leases = JobLeases(redis_client, settings)
    answers: list[tuple[float, httpx.Response]] = []

    def submit_and_wait() -> None:
        response = gateway.post(URL, content=jpeg, headers={**JPEG, "Prefer": "respond-async, wait=15"})
        answers.append((time.monotonic(), response))

    waiting = threading.Thread(target=submit_and_wait)
    waiting.start()
    while not (listed := gateway.get("/v1/jobs").json()["jobs"]):
        time.sleep(0.01)
    claim = leases.claim(Unit(listed[0]["id"]), ModelRef(name="m", version="7", digest="d"))
    assert claim
    finished = time.monotonic()
    prediction = Prediction(
        label="grass",
        decision=Decision.CONFIDENT,
        scores=[Score(label="grass", probability=1)],
        width=1,
        height=1,
        infer_ms=1,
    )
    assert leases.succeed(claim, prediction)
    waiting.join()
    [(answered, response)] = answers
    assert response.status_code == 200
    assert response.headers["Preference-Applied"] == "wait=15"
    assert "Retry-After" not in response.headers
    job = response.json()
    assert (job["state"], job["result"]["label"], job["model"]["version"]) == ("succeeded", "grass", "7")
    assert answered - finished < 0.5


def test_a_wait_that_is_over_gives_the_unfinished_job(gateway: httpx.Client, jpeg: bytes) -> None:
    answer = gateway.post(URL, content=jpeg, headers={**JPEG, "Prefer": "wait=1"})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert answer.headers["Retry-After"]
