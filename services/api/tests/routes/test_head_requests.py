"""`HEAD` as the `GET` of the same path: status and headers, without a body."""

import time

import httpx
import pytest
import redis

from meadow.packs import build_pack
from meadow.schemas.models import ModelRef
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.settings import Settings

CHANGING = {"date", "x-request-id", "transfer-encoding"}
"""Of each answer its own; and httptools writes the last for a body that is not there."""


def stable(headers: httpx.Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in CHANGING}


@pytest.fixture
def batch(gateway: httpx.Client, jpeg: bytes) -> str:
    batch: str = gateway.post("/v1/batches", json={"name": "lawns"}).json()["id"]
    gateway.put(f"/v1/batches/{batch}/packs/0", content=build_pack([("a.jpg", jpeg)]))
    gateway.post(f"/v1/batches/{batch}:seal", json={"packs": 1})
    return batch


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/v1/limits", "/v1/jobs", "/v1/reviews", "/docs", "/openapi.json"]
)
def test_head_of_what_is_there_answers_as_its_get(gateway: httpx.Client, path: str) -> None:
    head, get = gateway.head(path), gateway.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert stable(head.headers) == stable(get.headers)


def test_head_of_metrics_names_their_type(gateway: httpx.Client) -> None:
    head = gateway.head("/metrics")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == gateway.get("/metrics").headers["Content-Type"]


@pytest.mark.parametrize("file", ["results.csv?partial=true", "results.ndjson?partial=true", "results", "results.csv"])
def test_head_of_results_answers_as_their_download(gateway: httpx.Client, batch: str, file: str) -> None:
    path = f"/v1/jobs/{batch}/{file}"
    head, get = gateway.head(path), gateway.get(path)
    assert head.status_code == get.status_code == (409 if file == "results.csv" else 200)
    assert stable(head.headers) == stable(get.headers)
    assert head.content == b""


@pytest.mark.parametrize(
    "path",
    [
        "/v1/jobs/job_none",
        "/v1/jobs/job_none/explanation",
        f"/v1/reviews/{'0' * 64}/image",
        "/v1/datasets/none/versions/0/report",
        "/v1/datasets/none/runs/none/report",
        "/v1/nothing",
    ],
)
def test_head_of_what_is_not_there_is_404_with_the_type_of_a_problem(gateway: httpx.Client, path: str) -> None:
    head, get = gateway.head(path), gateway.get(path)
    assert (head.status_code, head.content) == (404, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"] == "application/problem+json"


def test_head_of_a_job_tells_its_etag(gateway: httpx.Client, batch: str) -> None:
    head = gateway.head(f"/v1/jobs/{batch}")
    assert head.headers["ETag"] == gateway.get(f"/v1/jobs/{batch}").headers["ETag"]
    assert gateway.head(f"/v1/jobs/{batch}", headers={"If-None-Match": head.headers["ETag"]}).status_code == 304


def test_head_of_a_stream_that_does_not_end_is_answered_at_once(gateway: httpx.Client, batch: str) -> None:
    started = time.monotonic()
    head = gateway.head(f"/v1/jobs/{batch}/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"].startswith("text/event-stream")
    assert time.monotonic() - started < 5


def test_head_is_counted_by_its_route(gateway: httpx.Client, batch: str) -> None:
    gateway.head(f"/v1/jobs/{batch}")
    counted = 'meadow_http_requests_total{method="HEAD",route="/v1/jobs/{job_id}",status="200"} 1.0'
    assert counted in gateway.get("/metrics").text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("HEAD", "/v1/classifications", "POST"),
        ("OPTIONS", "/v1/corrections", "GET, HEAD, POST"),
        ("PATCH", "/v1/datasets", "GET, HEAD, POST"),
        ("DELETE", "/v1/jobs/job_none", "GET, HEAD"),
        ("DELETE", "/v1/jobs/job_none:cancel", "POST"),
        ("POST", f"/v1/reviews/{'0' * 64}", "DELETE, PUT"),
        ("PUT", "/healthz", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_taken_is_405_with_all_that_are(
    gateway: httpx.Client, method: str, path: str, allowed: str
) -> None:
    answer = gateway.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert answer.headers["Content-Type"] == "application/problem+json"
    if method != "HEAD":
        assert answer.json()["code"] == "method-not-allowed"
        assert allowed in answer.json()["detail"]


def test_a_slash_too_much_is_404_and_says_so(gateway: httpx.Client) -> None:
    answer = gateway.get("/v1/jobs/")
    assert answer.status_code == 404
    assert "Ask for /v1/jobs," in answer.json()["detail"]


def test_an_etag_is_known_again_in_a_list_and_by_a_star(
    gateway: httpx.Client, batch: str, redis_client: redis.Redis, settings: Settings
) -> None:
    path = f"/v1/jobs/{batch}"
    tag = gateway.get(path).headers["ETag"]
    for known in (f'"x", {tag}', tag.removeprefix("W/"), "*"):
        assert gateway.get(path, headers={"If-None-Match": known}).status_code == 304
    JobLeases(redis_client, settings).claim_pack(Unit(batch, 0), ModelRef(name="m", version="1", digest="d"))
    assert gateway.get(path, headers={"If-None-Match": f'"x", {tag}'}).status_code == 200
