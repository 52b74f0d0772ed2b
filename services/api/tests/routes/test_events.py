import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import httpx
import pytest
import redis
from fastapi import FastAPI

from meadow.client import Client
from meadow.packs import build_pack
from meadow.schemas.jobs import JobState
from meadow.schemas.models import ModelRef
from meadow_api.app import create_app
from meadow_api.routes import events as routes_events
from meadow_core.jobs import keys
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.settings import Settings

KEY = "mdw_secret"
KEYS = f"ci:{hashlib.sha256(KEY.encode()).hexdigest()}"
PACK = build_pack([("a.jpg", b"1"), ("b.jpg", b"2")])

Event = tuple[str, dict[str, object], str]


@pytest.fixture
def batch_id(gateway: httpx.Client) -> str:
    return open_batch(gateway)


def open_batch(gateway: httpx.Client) -> str:
    return str(gateway.post("/v1/batches", json={"name": "lawns"}).json()["id"])


def events_in(response: httpx.Response) -> Iterator[Event]:
    """Yield name, data and id of each event as it comes."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield fields["event"], json.loads(fields["data"]), fields["id"]
            fields = {}


class Work:
    """Does a worker's part, without looking at images."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._leases = JobLeases(client, settings)

    def claim(self, batch_id: str, number: int = 0) -> Claim:
        claim = self._leases.claim_pack(Unit(batch_id, number), ModelRef(name="m", version="1", digest="d"))
        assert claim
        return claim

    def answer(self, claim: Claim) -> None:
        assert self._leases.finish_pack(claim, succeeded=2, failed=0, classes={"grass": 2})


@pytest.fixture
def work(redis_client: redis.Redis, settings: Settings) -> Work:
    return Work(redis_client, settings)


def test_a_batch_is_told_from_its_opening_to_its_end(gateway: httpx.Client, batch_id: str, work: Work) -> None:
    with gateway.stream("GET", f"/v1/jobs/{batch_id}/events") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["X-Accel-Buffering"] == "no"
        events = events_in(response)

        name, job, first_id = next(events)
        assert (name, job["id"], job["state"]) == ("job", batch_id, "queued")

        gateway.put(f"/v1/batches/{batch_id}/packs/0", content=PACK).raise_for_status()
        name, progress, second_id = next(events)
        assert (name, progress["total"], progress["done"]) == ("progress", 2, 0)
        assert first_id != second_id

        claim = work.claim(batch_id)
        name, job, _ = next(events)
        assert (name, job["state"]) == ("job", "running")

        work.answer(claim)
        name, progress, _ = next(events)
        assert (name, progress["done"], progress["classes"]) == ("progress", 2, {"grass": 2})
        assert progress["rate"]

        gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": 1})
        name, job, _ = next(events)
        assert (name, job["state"], job["sealed"]) == ("done", "succeeded", True)
        assert next(events, None) is None


def test_the_end_is_told_at_once_and_not_at_the_next_look(
    gateway: httpx.Client, batch_id: str, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes_events, "LOOK_SECONDS", 60.0)
    gateway.put(f"/v1/batches/{batch_id}/packs/0", content=PACK).raise_for_status()
    work.answer(work.claim(batch_id))
    started = time.monotonic()
    with gateway.stream("GET", f"/v1/jobs/{batch_id}/events") as response:
        events = events_in(response)
        assert next(events)[0] == "job"
        gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": 1})
        assert next(events)[0] == "done"
    assert time.monotonic() - started < 30


def test_a_finished_job_is_told_whole_and_the_stream_ends(gateway: httpx.Client, batch_id: str) -> None:
    gateway.post(f"/v1/jobs/{batch_id}:cancel")
    with gateway.stream("GET", f"/v1/jobs/{batch_id}/events", headers={"Last-Event-ID": "7"}) as response:
        assert [(name, data["state"]) for name, data, _ in events_in(response)] == [
            ("job", "cancelled"),
            ("done", "cancelled"),
        ]


def test_progress_is_told_twice_a_second_at_most(
    gateway: httpx.Client, batch_id: str, redis_client: redis.Redis
) -> None:
    with gateway.stream("GET", f"/v1/jobs/{batch_id}/events") as response:
        events = events_in(response)
        assert next(events)[0] == "job"
        started = time.monotonic()
        while time.monotonic() < started + 1.5:
            redis_client.hincrby(keys.job(batch_id), "done", 1)
            time.sleep(0.005)
        gateway.post(f"/v1/jobs/{batch_id}:cancel")
        told = [name for name, _, _ in events].count("progress")
        assert 1 <= told <= 2 * (time.monotonic() - started) + 1


def test_what_cannot_be_read_is_a_problem_and_no_stream(
    gateway_with: Callable[..., AbstractContextManager[httpx.Client]], redis_client: redis.Redis
) -> None:
    with gateway_with(api_keys=KEYS) as gateway:
        assert gateway.get("/v1/jobs/batch_unknown/events").json()["code"] == "unauthenticated"
        gateway.headers["Authorization"] = f"Bearer {KEY}"
        past = open_batch(gateway)
        redis_client.delete(keys.job(past))
        for job_id, status, code in (("batch_unknown", 404, "not-found"), (past, 410, "job-gone")):
            answer = gateway.get(f"/v1/jobs/{job_id}/events")
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_idle_stream_is_kept_open_by_comments(
    gateway: httpx.Client, batch_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.05)
    with gateway.stream("GET", f"/v1/jobs/{batch_id}/events") as response:
        assert next(line for line in response.iter_lines() if line.startswith(":"))


def test_a_client_that_goes_away_leaves_nothing_behind(
    settings: Settings, gateway_of: Callable[[FastAPI], AbstractContextManager[httpx.Client]]
) -> None:
    app = create_app(settings)
    with gateway_of(app) as gateway:
        batch_id = open_batch(gateway)
        with gateway.stream("GET", f"/v1/jobs/{batch_id}/events") as response:
            # Kept in hand: an iterator that is let go closes the connection.
            events = events_in(response)
            assert next(events)[0] == "job"
            assert batch_id in app.state.resources.finished._waiting
        deadline = time.monotonic() + 20
        while app.state.resources.finished._waiting:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_the_stream_of_a_job_whose_record_is_deleted_ends(
    gateway: httpx.Client, batch_id: str, redis_client: redis.Redis
) -> None:
    with gateway.stream("GET", f"/v1/jobs/{batch_id}/events") as response:
        events = events_in(response)
        assert next(events)[0] == "job"
        redis_client.delete(keys.job(batch_id))
        assert list(events) == []


def test_the_client_follows_a_real_gateway(gateway: httpx.Client, batch_id: str, work: Work) -> None:
    with Client(str(gateway.base_url)) as client:
        jobs = client.events(batch_id)
        assert next(jobs).state is JobState.QUEUED
        client.add_pack(batch_id, 0, [("a.jpg", b"1"), ("b.jpg", b"2")])
        client.seal_batch(batch_id, 1)
        work.answer(work.claim(batch_id))
        last = list(jobs)[-1]
    assert last.state is JobState.SUCCEEDED
    assert last.progress
    assert last.progress.done == 2
