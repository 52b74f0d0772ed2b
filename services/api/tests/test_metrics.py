import asyncio
import itertools
import timeit
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import httpx
import pytest
import redis
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse

from meadow.schemas.models import ModelInfo, ModelRef, RefusedModel
from meadow.schemas.quality import QualityReport, Verdict
from meadow.schemas.status import SystemStatus, WorkerStatus
from meadow_api.metrics import GatewayMetrics
from meadow_api.quality_metrics import MOST_CLASSES, quality_metrics
from meadow_api.quality_reading import QualityReading
from meadow_api.quality_watch import QualityWatch
from meadow_api.request_metrics import RequestMetrics
from meadow_api.scrape import status_metrics
from meadow_core.jobs import keys
from meadow_core.jobs.fleet import report_worker
from meadow_core.quality.counts import LABELLED, RIGHT
from meadow_core.quality.judgement import judge_accuracy, judge_drift, quality_rule
from meadow_core.registry.versions import ModelRegistry, RegistryError
from meadow_core.settings import Settings

Gateways = Callable[..., AbstractContextManager[httpx.Client]]
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]

OLD = ModelRef(name="meadow-classifier", version="3", digest="d3")
NEW = ModelRef(name="meadow-classifier", version="4", digest="d4")


def values(text: str) -> Values:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def scraped(gateway: httpx.Client) -> Values:
    return values(gateway.get("/metrics").text)


def worker(name: str, model: ModelRef | None, *, refused: bool = False) -> WorkerStatus:
    now = datetime.now(UTC)
    return WorkerStatus(
        worker=name,
        engine="openvino int8",
        model=model,
        refused=RefusedModel(model=NEW, reason="damaged", at=now) if refused else None,
        seen_at=now,
    )


def test_what_waits_is_looked_up_at_the_scrape(gateway: httpx.Client, redis_client: "redis.Redis", jpeg: bytes) -> None:
    gateway.post("/v1/classifications", content=jpeg, headers={"Content-Type": "image/jpeg"})
    redis_client.zadd(keys.WEBHOOKS, {"cls_a": 0})
    redis_client.zadd(keys.REVIEWS, {"a": 1, "b": 2})
    redis_client.zadd(keys.LEASES, {"cls_b": 1})
    report_worker(redis_client, worker("a:1", None))
    found = scraped(gateway)
    assert found["meadow_queue_depth", (("queue", "interactive"),)] == 1
    assert 0 <= found["meadow_queue_oldest_message_age_seconds", (("queue", "interactive"),)] < 5
    assert found["meadow_jobs_submitted_total", (("kind", "classification"),)] == 1
    assert found["meadow_jobs_submitted_total", (("kind", "training"),)] == 0
    assert found["meadow_webhooks_pending", ()] == 1
    assert found["meadow_review_images", ()] == 2
    assert found["meadow_units_leased", ()] == 1
    assert found["meadow_workers", ()] == 1
    assert found["meadow_workers_serving", (("version", "none"),)] == 1
    assert found["meadow_inflight_bytes", ()] == len(jpeg)
    assert found["meadow_redis_memory_used_bytes", ()] > 0
    assert found["meadow_redis_up", ()] == 1
    assert found["meadow_disk_free_bytes", ()] > 0
    assert found["meadow_memory_available_bytes", ()] > 0


def test_open_metrics_are_given_to_whom_asks_for_them(gateway: httpx.Client) -> None:
    answer = gateway.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in parse_open_metrics(answer.text)}  # type: ignore[no-untyped-call]
    assert families["meadow_http_requests"].type == "counter"
    assert answer.text.endswith("# EOF\n")


def test_what_callers_make_up_makes_no_time_series(gateway: httpx.Client) -> None:
    before = len(scraped(gateway))
    for number in range(30):
        gateway.request(f"VERB{number}", f"/nowhere/{number}")
        gateway.request("GET", f"/v1/jobs/job_{number}", headers={"X-Request-ID": f"r{number}"})
        gateway.get("/v1/jobs", params={"page_token": f"no-token-{number}"})
    found = scraped(gateway)
    # A status, a route and a method each of their own at most: the buckets are most of it.
    assert len(found) - before < 120
    assert not any("VERB" in value or "no-token" in value for _, labels in found for _, value in labels)
    assert found["meadow_problems_total", (("code", "malformed-request"),)] == 30


def test_held_requests_are_told_from_others(gateway: httpx.Client, jpeg: bytes) -> None:
    headers = {"Content-Type": "image/jpeg"}
    gateway.post("/v1/classifications", content=jpeg, headers=headers)
    gateway.post("/v1/classifications", content=jpeg, headers=headers | {"Prefer": "wait=1"})
    found = scraped(gateway)
    name, route = "meadow_http_request_duration_seconds", "/v1/classifications"
    count, total = (
        {
            held: found[f"{name}_{suffix}", (("held", held), ("method", "POST"), ("route", route))]
            for held in ("true", "false")
        }
        for suffix in ("count", "sum")
    )
    assert count == {"true": 1, "false": 1}
    assert total["true"] >= 1 > total["false"]


def test_workers_that_serve_another_version_than_production_are_counted() -> None:
    workers = [worker("a:1", OLD), worker("a:2", NEW), worker("b:1", OLD, refused=True), worker("c:1", None)]
    status = SystemStatus(queues=[], workers=workers, inflight_bytes=0)
    found = {
        (sample.name, sample.labels.get("version")): sample.value
        for family in status_metrics(status, NEW)
        for sample in family.samples
    }
    assert found["meadow_workers_serving", "3"] == 2
    assert found["meadow_workers_serving", "4"] == 1
    assert found["meadow_workers_serving", "none"] == 1
    assert found["meadow_workers_behind", None] == 3
    assert found["meadow_workers_refusing", None] == 1
    assert not any(family.name == "meadow_workers_behind" for family in status_metrics(status, None))


def reading_of(counts: dict[str, int], reference: dict[str, int], holdout: float = 0.95) -> QualityReading:
    rule = quality_rule(Settings())
    accuracy, _ = judge_accuracy(counts, holdout, rule)
    drift, _ = judge_drift(reference, counts, rule)
    classes = {name.removeprefix("predictions:"): n for name, n in counts.items() if name.startswith("predictions:")}
    now = datetime.now(UTC)
    report = QualityReport(
        model=NEW, window_hours=24, since=now, until=now, verdict=Verdict.OK, reasons=[], images=sum(classes.values()),
        decisions={"confident": 150, "unsure": 50}, classes=classes, accuracy=accuracy, drift=drift, rule=rule,
    )  # fmt: skip
    return QualityReading(report, None, counts)


def quality_of(reading: QualityReading) -> Values:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in quality_metrics(reading)
        for sample in family.samples
    }


def test_quality_says_what_was_answered_and_how_well() -> None:
    counts = {
        "predictions:grass": 180, "predictions:dandelion": 20,
        "confidence:0": 50, "confidence:7": 150,
        LABELLED: 100, RIGHT: 60,
    }  # fmt: skip
    found = quality_of(reading_of(counts, {"predictions:grass": 100, "predictions:dandelion": 100}))
    assert found["meadow_quality_class_ratio", (("class", "grass"),)] == 0.9
    assert found["meadow_quality_decision_ratio", (("decision", "unsure"),)] == 0.25
    assert found["meadow_quality_confidence_ratio", (("from", "0.99"),)] == 0.75
    assert found["meadow_quality_confidence_ratio", (("from", "0.5"),)] == 0
    assert found["meadow_quality_accuracy_ratio", ()] == 0.6
    assert found["meadow_quality_accuracy_high_ratio", ()] < 0.75
    assert found["meadow_quality_performance_drop", ()] == 1
    assert found["meadow_quality_drift", (("dimension", "predictions"),)] == 1
    assert found["meadow_quality_drift_psi", (("dimension", "predictions"),)] > 0.25
    assert found["meadow_quality_drift", (("dimension", "input"),)] == 0


def test_many_classes_make_few_time_series() -> None:
    counts = {f"predictions:class {number}": 1000 - number for number in range(200)}
    found = quality_of(reading_of(counts, {}))
    shares = {labels: value for (name, labels), value in found.items() if name == "meadow_quality_class_ratio"}
    assert len(shares) == MOST_CLASSES + 1
    assert (("class", "other"),) in shares
    assert sum(shares.values()) == pytest.approx(1)


class CountingRegistry(ModelRegistry):
    """Answers, or does not, and counts how often it is asked."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.asked = 0
        self.is_down = False

    def production(self) -> ModelInfo | None:
        self.asked += 1
        if self.is_down:
            raise RegistryError("MLflow does not answer")
        return None


async def test_quality_is_read_seldom_and_not_kept_through_an_outage(settings: Settings) -> None:
    registry = CountingRegistry(settings)
    async with redis.asyncio.Redis.from_url(settings.redis_url.get_secret_value()) as client:
        watch = QualityWatch(client, registry, settings, fresh_seconds=0.3)
        readings = await asyncio.gather(*[watch.latest() for _ in range(20)])
        assert registry.asked == 1
        assert all(reading is not None for reading in readings)
        assert watch.registry_up is True
        registry.is_down = True
        await asyncio.sleep(0.35)
        assert await watch.latest() is None
        assert watch.registry_up is False
        registry.is_down = False
        await asyncio.sleep(0.35)
        assert await watch.latest() is not None
        await watch.close()


def test_every_metric_has_words_and_a_unit_or_none(gateway: httpx.Client) -> None:
    families = [family for family in parse(gateway.get("/metrics").text) if family.name.startswith("meadow_")]
    assert len(families) > 15
    for family in families:
        assert family.documentation.endswith("."), family.name
        assert not family.name.endswith(("_ms", "_mb", "_percent", "_minutes")), family.name


def test_counting_a_request_costs_microseconds(settings: Settings) -> None:
    async def app(*_: object) -> None:
        return None

    counted = RequestMetrics(app, GatewayMetrics(settings.home))
    scope = {"type": "http", "method": "GET", "headers": [(b"accept", b"*/*")] * 8}

    def once(target: object) -> float:
        async def many() -> None:
            for _ in itertools.repeat(None, 2000):
                await target(scope, None, None)  # type: ignore[operator]

        return min(timeit.repeat(lambda: asyncio.run(many()), number=1, repeat=3)) / 2000

    assert once(counted) - once(app) < 100e-6
