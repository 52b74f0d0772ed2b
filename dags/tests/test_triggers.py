"""The triggers, against a gateway that goes away, comes back, and says no."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from typing import Any

import pytest
from airflow.triggers.base import BaseTrigger

from fake_gateway import problem_answer
from meadow.schemas.jobs import JobState
from meadow_airflow.jobs import trigger as job_trigger
from meadow_airflow.jobs.trigger import JobTrigger
from meadow_airflow.roll_out import trigger as roll_out_trigger
from meadow_airflow.roll_out.trigger import RollOutTrigger
from training_gateway import TrainingGateway, model


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_trigger, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(roll_out_trigger, "POLL_SECONDS", 0.05)


@pytest.fixture
def job_id(gateway: TrainingGateway) -> str:
    gateway.job_seconds = 3600
    return gateway.add_job().id


async def event_of(trigger: BaseTrigger) -> dict[str, Any]:
    events = trigger.run()
    assert isinstance(events, AsyncIterator)
    payload: dict[str, Any] = (await asyncio.wait_for(anext(events), 20)).payload
    await events.aclose()  # type: ignore[attr-defined]
    return payload


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for happens in another thread
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("make", [lambda: JobTrigger("job_7", 9.5), lambda: RollOutTrigger(model("2"), 9.5)])
def test_another_triggerer_makes_the_same_trigger(make: Callable[[], BaseTrigger]) -> None:
    path, kwargs = make().serialize()
    module, _, name = path.rpartition(".")
    assert getattr(import_module(module), name)(**kwargs).serialize() == (path, kwargs)


async def test_it_fires_when_the_job_has_ended(gateway: TrainingGateway, job_id: str) -> None:
    waiting = asyncio.create_task(event_of(JobTrigger(job_id, time.time() + 60)))
    await eventually(lambda: bool(gateway.asked))
    assert gateway.asked[0].headers["Prefer"] == "wait=20"
    assert not waiting.done()
    gateway.end(job_id, JobState.FAILED)
    assert await waiting == {"job_id": job_id, "outcome": "ended", "message": f"Job {job_id} failed."}
    # The gateway held its answer back: nobody asked again and again.
    assert len(gateway.asked) <= 2


async def test_it_outlives_a_gateway_that_is_restarted(gateway: TrainingGateway, job_id: str) -> None:
    gateway.answers = [problem_answer("unavailable", 503, "", Retry_After="1"), problem_answer("unknown", 502, "")]
    gateway.end(job_id)
    begun = time.monotonic()
    assert (await event_of(JobTrigger(job_id, time.time() + 60)))["outcome"] == "ended"
    assert time.monotonic() - begun >= 1
    assert len(gateway.asked) == 3


async def test_it_outlives_a_gateway_that_is_not_there(
    gateway: TrainingGateway, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MEADOW_API", "http://127.0.0.1:1")
    overdue = await event_of(JobTrigger(job_id, time.time() + 2))
    assert overdue["outcome"] == "overdue"
    assert gateway.asked == []


async def test_a_job_that_is_late_is_overdue(gateway: TrainingGateway, job_id: str) -> None:
    begun = time.time()
    event = await event_of(JobTrigger(job_id, begun + 1))
    assert event["outcome"] == "overdue"
    assert time.time() - begun < 4
    assert gateway.job(job_id).state == "running"


@pytest.mark.usefixtures("gateway")
async def test_a_job_that_is_gone_is_lost() -> None:
    event = await event_of(JobTrigger("job_99", time.time() + 60))
    assert event["outcome"] == "lost"
    assert "not-found" in event["message"]


async def test_a_cleared_task_cancels_its_job_even_at_a_busy_gateway(gateway: TrainingGateway, job_id: str) -> None:
    gateway.answers = [problem_answer("unavailable", 503, "", Retry_After="1")]
    await JobTrigger(job_id, time.time() + 60).on_kill()
    assert gateway.job(job_id).state == "cancelled"


async def test_a_triggerer_that_ends_cancels_nothing(gateway: TrainingGateway, job_id: str) -> None:
    trigger = JobTrigger(job_id, time.time() + 60)
    waiting = asyncio.create_task(event_of(trigger))
    await eventually(lambda: bool(gateway.asked))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await trigger.cleanup()
    assert gateway.paths("POST") == []


async def test_a_roll_out_is_done_when_the_last_worker_serves_it(gateway: TrainingGateway) -> None:
    gateway.produce("1", "2")
    gateway.worker_serves = "1"
    waiting = asyncio.create_task(event_of(RollOutTrigger(model("2"), time.time() + 60)))
    await eventually(lambda: len(gateway.asked) > 2)
    gateway.answers = [problem_answer("unavailable", 503, "")]
    gateway.worker_serves = ""
    assert await waiting == {"done": True, "message": "2 of 2 worker processes serve it."}


async def test_a_roll_out_fails_when_a_worker_refuses_or_time_is_up(gateway: TrainingGateway) -> None:
    gateway.produce("1", "2")
    gateway.worker_serves = "1"
    late = await event_of(RollOutTrigger(model("2"), time.time() + 0.3))
    assert late == {"done": False, "message": "Time is up; 0 of 2 worker processes serve it."}
    gateway.worker_refusal = "It fails its probe."
    refused = await event_of(RollOutTrigger(model("2"), time.time() + 60))
    assert refused["done"] is False
    assert "It fails its probe." in refused["message"]
