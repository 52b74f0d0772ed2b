"""A task's job is started once, whatever is killed between its tries."""

import time
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from fake_gateway import problem_answer
from meadow.schemas.jobs import JobError, JobState
from meadow.schemas.models import GateDecision
from meadow_airflow.gateway.errors import GatewayRefusedError
from meadow_airflow.jobs.operator import GatewayJobOperator
from meadow_airflow.jobs.starting import DATASETS, TRAINING_RUNS
from meadow_airflow.jobs.trigger import JobTrigger
from meadow_airflow.settings import TRAINING_SECONDS
from task_context import Memory, task_context
from training_gateway import TrainingGateway, training_result

KEPT = training_result(GateDecision.KEPT)
BODY = {"dataset": "lawns", "dataset_version": "d2", "cause": "schedule"}


@pytest.fixture(autouse=True)
def defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_MEADOW_TRAINING_SECONDS", "3600")


@pytest.fixture
def operator() -> GatewayJobOperator:
    return GatewayJobOperator(task_id="train", path=TRAINING_RUNS, body=BODY, seconds=TRAINING_SECONDS)


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
    gateway: TrainingGateway, operator: GatewayJobOperator, *, forgets: bool
) -> None:
    gateway.job_seconds = 3600
    memory = Memory(forgets=forgets)
    first, second = (deferred(operator, task_context(memory)).job_id for _ in range(2))
    assert first == second
    assert len(gateway.state.jobs) == 1


def test_a_second_try_takes_the_result_of_a_job_that_has_ended_meanwhile(
    gateway: TrainingGateway, operator: GatewayJobOperator
) -> None:
    gateway.job_seconds = 3600
    memory = Memory()
    gateway.end(deferred(operator, task_context(memory)).job_id, result=KEPT)
    assert operator.execute(task_context(memory)) == KEPT.model_dump(mode="json")


def test_a_cleared_task_starts_another_job_and_ends_the_old_one(
    gateway: TrainingGateway, operator: GatewayJobOperator
) -> None:
    gateway.job_seconds = 3600
    memory = Memory()
    old = deferred(operator, task_context(memory)).job_id
    new = deferred(operator, task_context(memory, clear_number=1)).job_id
    assert old != new
    assert {job.id: job.state for job in gateway.state.jobs} == {old: "cancelled", new: "queued"}
    # Also when the record of the old one is past its retention.
    gateway.state.jobs.remove(gateway.job(new))
    assert deferred(operator, task_context(memory, clear_number=2)).job_id not in (old, new)


def test_the_time_does_not_begin_anew_with_a_retry_of_the_wait(
    gateway: TrainingGateway, operator: GatewayJobOperator
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
        ({"state": JobState.FAILED, "error": JobError(code="training-failed", detail="It is out.")}, "It is out"),
        ({"state": JobState.CANCELLED}, "was cancelled"),
        ({"state": JobState.EXPIRED}, "expired"),
    ],
)
def test_a_job_that_did_not_succeed_fails_the_task_for_good(
    gateway: TrainingGateway, operator: GatewayJobOperator, changes: dict[str, Any], says: str
) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    gateway.end(trigger.job_id, **changes)
    with pytest.raises(AirflowFailException, match=says):
        operator.resume(task_context(Memory()), event(trigger), deadline=trigger.deadline)


def test_a_job_that_is_overdue_is_cancelled(gateway: TrainingGateway, operator: GatewayJobOperator) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    with pytest.raises(AirflowFailException, match="cancelled"):
        operator.resume(task_context(Memory()), event(trigger, "overdue"), deadline=trigger.deadline)
    assert gateway.job(trigger.job_id).state == "cancelled"


def test_a_job_that_ended_in_the_last_moment_counts(gateway: TrainingGateway, operator: GatewayJobOperator) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    gateway.end(trigger.job_id, result=KEPT)
    late = event(trigger, "overdue")
    assert operator.resume(task_context(Memory()), late, deadline=trigger.deadline) == KEPT.model_dump(mode="json")


def test_a_job_that_is_gone_fails_the_task(gateway: TrainingGateway, operator: GatewayJobOperator) -> None:
    gateway.job_seconds = 3600
    trigger = deferred(operator, task_context(Memory()))
    with pytest.raises(AirflowFailException, match="It was so"):
        operator.resume(task_context(Memory()), event(trigger, "lost"), deadline=trigger.deadline)


def test_a_task_that_is_ended_before_it_makes_way_cancels_its_job(
    gateway: TrainingGateway, operator: GatewayJobOperator
) -> None:
    gateway.job_seconds = 3600
    operator.on_kill()
    trigger = deferred(operator, task_context(Memory()))
    operator.on_kill()
    assert gateway.job(trigger.job_id).state == "cancelled"


def test_what_the_gateway_refuses_is_not_tried_again(gateway: TrainingGateway, operator: GatewayJobOperator) -> None:
    gateway.answers = [problem_answer("invalid-request", 422, "epochs: must be positive")]
    with pytest.raises(GatewayRefusedError, match="epochs"):
        operator.execute(task_context(Memory()))
    assert issubclass(GatewayRefusedError, AirflowFailException)


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        (TRAINING_RUNS, {**BODY, "cause": "whim"}, "cause"),
        (DATASETS, {"name": "lawns", "sources": [{"type": "folder"}]}, "sources"),
    ],
)
def test_what_is_no_request_is_not_sent(gateway: TrainingGateway, path: str, body: dict[str, Any], says: str) -> None:
    operator = GatewayJobOperator(task_id="train", path=path, body=body, seconds=TRAINING_SECONDS)
    with pytest.raises(AirflowFailException, match=says):
        operator.execute(task_context(Memory()))
    assert gateway.asked == []


def test_an_ingestion_is_asked_for_as_the_settings_say(gateway: TrainingGateway) -> None:
    sources = [{"type": "url_list", "name": "dandelion-grass"}, {"type": "corrections"}]
    body = {"name": "lawns", "sources": sources, "add": True, "refresh": False, "max_failed": 0.5}
    gateway.job_seconds = 3600
    deferred(
        GatewayJobOperator(task_id="start", path=DATASETS, body=body, seconds=TRAINING_SECONDS), task_context(Memory())
    )
    [asked] = gateway.state.ingestions
    assert asked.model_dump(mode="json", include=set(body)) | {"sources": sources} == body
