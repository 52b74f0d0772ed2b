"""A job's record says which request, and which trace, it goes back to."""

from collections.abc import Iterator

import httpx
import pytest
import redis
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from meadow_core.jobs import keys
from meadow_core.jobs.record import decode_hash
from meadow_core.settings import Settings
from meadow_core.tracing import TRACEPARENT, configure_tracing, end_tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {"Content-Type": "image/jpeg", "X-Request-ID": "r-1", TRACEPARENT: f"00-{TRACE}-b7ad6b7169203331-01"}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_tracing(Settings(), "test", exporter)
    yield exporter
    end_tracing()


def test_the_request_and_its_trace_travel_in_the_record(
    spans: InMemorySpanExporter, gateway: httpx.Client, redis_client: "redis.Redis", jpeg: bytes
) -> None:
    job = gateway.post("/v1/classifications", content=jpeg, headers=HEADERS).json()
    gateway.get("/metrics")
    record = decode_hash(redis_client.hgetall(keys.job(job["id"])))
    assert record["request_id"] == "r-1"
    [request] = spans.get_finished_spans()
    assert request.name == "POST /v1/classifications"
    assert request.attributes
    assert request.attributes["http.response.status_code"] == 202
    assert request.context
    assert record[TRACEPARENT] == f"00-{TRACE}-{request.context.span_id:016x}-01"


def test_without_traces_only_the_request_is_named(
    gateway: httpx.Client, redis_client: "redis.Redis", jpeg: bytes
) -> None:
    job = gateway.post("/v1/classifications", content=jpeg, headers=HEADERS).json()
    assert redis_client.hget(keys.job(job["id"]), "request_id") == b"r-1"
    assert redis_client.hget(keys.job(job["id"]), TRACEPARENT) is None
