"""A task's job is started once, whatever is killed between its tries."""

import time
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from meadow_airflow.gateway.errors import GatewayRefusedError
from meadow_airflow.jobs.operator import GatewayJobOperator
from meadow_airflow.jobs.trigger import JobTrigger
from meadow_airflow.settings import TRAINING_SECONDS
from stand_in_gateway import StandInGateway, problem
from task_context import Memory, task_context

BODY = {"dataset": "lawns", "dataset_version": "d2", "cause": "schedule"}


@pytest.fixture(autouse=True)
def defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_TRAINING_SECONDS", "3600")


@pytest.fixture
def operator() -> GatewayJobOperator:
    return GatewayJobOperator(task_id="train", path="/v1/training-runs", body=BODY, seconds=TRAINING_SECONDS)


def deferred(operator: GatewayJobOperator, context: Context) -> JobTrigger:
    with pytest.raises(TaskDeferred) as raised:
        operator.execute(context)
    trigger = raised.value.trigger
    assert isinstance(trigger, JobTrigger)
    return trigger


def event(trigger: JobTrigger, outcome: str = "ended") -> dict[str, str]:
    return {"job_id": trigger.job_id, "outcome": outcome, "message": "It was so."}


@pytest.mark.parametrize("forgets", [False, True])
def test_a_second_try_waits_for_the_first_one_s_job(
    gateway: StandInGateway, operator: GatewayJobOperator, *, forgets: bool
) -> None:
    gateway.job_seconds = 3600
    memory = Memory(forgets=forgets)
    first, second = (deferred(operator, task_context(memory)).job_id for _ in range(2))
    assert first == second
    assert len(gateway.jobs) == 1


def test_a_second_try_takes_the_result_of_a_job_that_has_ended_meanwhile(
    gateway: StandInGateway, operator: GatewayJobOperator
) -> None:
    gateway.job_seconds = 3600
    memory = Memory()
    gateway.end(deferred(operator, task_context(memory)).job_id, result={"decision": "kept"})
    assert operator.execute(task_context(memory)) == {"decision": "kept"}


def test_a_cleared_task_starts_another_job_and_ends_the_old_one(
    gateway: StandInGateway, operator: GatewayJobOperator
) -> None:
    gateway.job_seconds = 3600
    memory = Memory()
    old = deferred(operator, task_context(memory)).job_id
    new = deferred(operator, task_context(memory, clear_number=1)).job_id
    assert old != new
    assert {job_id: job["state"] for job_id, job in gateway.jobs.items()} == {old: "cancelled", new: "queued"}
    # Also when the record of the old one is past its retention.
    del gateway.jobs[new]
    assert deferred(operator, task_context(memory, clear_number=2)).job_id not in (old, new)


def test_the_time_does_not_begin_anew_with_a_retry_of_the_wait(
    gateway: StandInGateway, operator: GatewayJobOperator
) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    assert trigger.deadline == pytest.approx(time.time() + 3600, abs=5)
    with pytest.raises(TaskDeferred) as raised:
        operator.resume(task_context(Memory()), event(trigger), deadline=trigger.deadline - 100)
    assert isinstance(raised.value.trigger, JobTrigger)
    assert raised.value.trigger.deadline == trigger.deadline - 100


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"state": "failed", "error": {"code": "training-failed", "detail": "Out of memory."}}, "Out of memory"),
        ({"state": "cancelled"}, "was cancelled"),
        ({"state": "expired"}, "expired"),
    ],
)
def test_a_job_that_did_not_succeed_fails_the_task_for_good(
    gateway: StandInGateway, operator: GatewayJobOperator, changes: dict[str, Any], says: str
) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    gateway.end(trigger.job_id, **changes)
    with pytest.raises(AirflowFailException, match=says):
        operator.resume(task_context(Memory()), event(trigger), deadline=trigger.deadline)


def test_a_job_that_is_overdue_is_cancelled(gateway: StandInGateway, operator: GatewayJobOperator) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    with pytest.raises(AirflowFailException, match="cancelled"):
        operator.resume(task_context(Memory()), event(trigger, "overdue"), deadline=trigger.deadline)
    assert gateway.jobs[trigger.job_id]["state"] == "cancelled"


def test_a_job_that_ended_in_the_last_moment_counts(gateway: StandInGateway, operator: GatewayJobOperator) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    gateway.end(trigger.job_id, result={"decision": "kept"})
    late = event(trigger, "overdue")
    assert operator.resume(task_context(Memory()), late, deadline=trigger.deadline) == {"decision": "kept"}


def test_a_job_that_is_gone_fails_the_task(gateway: StandInGateway, operator: GatewayJobOperator) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    with pytest.raises(AirflowFailException, match="It was so"):
        operator.resume(task_context(Memory()), event(trigger, "lost"), deadline=trigger.deadline)


def test_a_task_that_is_ended_before_it_makes_way_cancels_its_job(
    gateway: StandInGateway, operator: GatewayJobOperator
) -> None:
    gateway.job_seconds = 3600
    operator.on_kill()
    trigger = deferred(operator, task_context(Memory()))
    operator.on_kill()
    assert gateway.jobs[trigger.job_id]["state"] == "cancelled"


def test_what_the_gateway_refuses_is_not_tried_again(gateway: StandInGateway, operator: GatewayJobOperator) -> None:
    gateway.script = [problem(422, "invalid-request", "epochs: must be positive")]
    with pytest.raises(GatewayRefusedError, match="epochs"):
        operator.execute(task_context(Memory()))
    assert issubclass(GatewayRefusedError, AirflowFailException)
