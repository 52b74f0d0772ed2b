import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
import redis
from pydantic import SecretStr

from meadow_local.binaries import redis_server

Gateways = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A Redis that the test may kill."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [redis_server(), "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:  # noqa: S603
        url = f"redis://127.0.0.1:{port}/0"
        while True:
            try:
                redis.Redis.from_url(url).ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
        yield url, server
        server.kill()


def test_a_whole_gateway_is_ready_even_without_workers(gateway: httpx.Client) -> None:
    answer = gateway.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"redis": {"ok": True, "detail": ""}, "object_store": {"ok": True, "detail": ""}},
        "workers": 0,
    }


def test_readiness_says_that_the_object_store_is_down(gateway_with: Gateways) -> None:
    with gateway_with(s3_endpoint_url="http://127.0.0.1:9") as gateway:
        answer = gateway.get("/readyz")
    checks = answer.json()["checks"]
    assert answer.status_code == 503
    assert checks["redis"]["ok"]
    assert not checks["object_store"]["ok"]
    assert checks["object_store"]["detail"]


def test_readiness_says_that_a_bucket_is_missing(gateway_with: Gateways) -> None:
    with gateway_with(jobs_bucket="no-such-bucket") as gateway:
        answer = gateway.get("/readyz")
    assert answer.status_code == 503
    assert "no-such-bucket" in answer.json()["checks"]["object_store"]["detail"]


def test_a_dead_redis_is_told_by_readiness_and_refuses_work_but_not_life(
    gateway_with: Gateways, own_redis: tuple[str, "subprocess.Popen[bytes]"], jpeg: bytes
) -> None:
    url, server = own_redis
    with gateway_with(redis_url=SecretStr(url)) as gateway:
        assert gateway.get("/readyz").status_code == 200
        server.kill()
        server.wait()
        ready = gateway.get("/readyz")
        refused = gateway.post("/v1/classifications", content=jpeg, headers={"Content-Type": "image/jpeg"})
        assert gateway.get("/healthz").status_code == 200
        assert gateway.get("/metrics").status_code == 200
    assert (ready.status_code, ready.json()["checks"]["redis"]["ok"]) == (503, False)
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["Retry-After"]


def test_metrics_name_routes_not_paths(gateway: httpx.Client) -> None:
    for path in ("/v1/jobs/job_a", "/v1/jobs/job_b", "/nowhere", "/elsewhere"):
        gateway.get(path)
    text = gateway.get("/metrics").text
    assert 'meadow_http_requests_total{method="GET",route="/v1/jobs/{job_id}",status="404"} 2.0' in text
    assert 'route="unmatched",status="404"} 2.0' in text
    assert "job_a" not in text
    assert 'meadow_queue_depth{queue="interactive"} 0.0' in text
