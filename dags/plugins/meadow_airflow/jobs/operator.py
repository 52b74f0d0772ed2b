"""A task that is a job of the gateway: submitted once, waited for in the triggerer."""

import time
from collections.abc import Mapping
from typing import Any, NoReturn

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from meadow.schemas.jobs import Job, JobState
from meadow_airflow.gateway.asking import cancel_if_active
from meadow_airflow.gateway.connection import connected_gateway
from meadow_airflow.jobs.keys import Origin
from meadow_airflow.jobs.starting import start_job
from meadow_airflow.jobs.trigger import LOST, OVERDUE, JobTrigger
from meadow_airflow.settings import Setting


class GatewayJobOperator(BaseOperator):
    """Submits a job, waits for its end, and returns its result.

    A job that failed, was cancelled or is overdue fails the task without another try; a gateway that is away does not.

    Args:
        path: Where the job is submitted.
        body: What is asked for, usually another task's result.
        seconds: How long the job may take.
    """

    template_fields = ("body",)
    ui_color = "#fdf3c0"

    def __init__(self, *, path: str, body: Any, seconds: Setting[int], **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's
        super().__init__(**kwargs)
        self.path = path
        self.body = body
        self.seconds = seconds
        self._job_id = ""

    def execute(self, context: Context) -> Any:  # noqa: ANN401 - as Airflow declares it
        """Submit the job, and make way for others."""
        instance, run = context["ti"], context["dag_run"]
        origin = Origin(run.dag_id, run.run_id, instance.task_id, run.clear_number or 0)
        with connected_gateway() as client:
            job = start_job(client, context["task_state_store"], origin, self.path, self.body)
        self._job_id = job.id
        self.log.info("Job %s is %s.", job.id, job.state)
        instance.xcom_push(key="job_id", value=job.id)
        if job.state.is_final:
            return _result(job)
        return self._wait(job.id, time.time() + self.seconds.get())

    def resume(self, context: Context, event: Mapping[str, str], deadline: float) -> Any:  # noqa: ANN401, ARG002
        """Go on when the trigger has fired: an event is a hint, the job itself is the truth."""
        job_id = event["job_id"]
        if event["outcome"] == LOST:
            raise AirflowFailException(event["message"])
        with connected_gateway() as client:
            job = client.job(job_id)
            if event["outcome"] == OVERDUE and not job.state.is_final:
                cancel_if_active(client, job_id)
                raise AirflowFailException(f"{event['message']} It was cancelled.")
        if not job.state.is_final:
            return self._wait(job_id, deadline)
        return _result(job)

    def on_kill(self) -> None:
        """Cancel what was just submitted: somebody ended the task before it made way."""
        if self._job_id:
            with connected_gateway(patience=5) as client:
                cancel_if_active(client, self._job_id)

    def _wait(self, job_id: str, deadline: float) -> NoReturn:
        # The trigger keeps the time itself: Airflow's own timeout would end the task and leave the job alone.
        self.defer(trigger=JobTrigger(job_id, deadline), method_name="resume", kwargs={"deadline": deadline})


def _result(job: Job) -> dict[str, object]:
    """What the job led to.

    Raises:
        AirflowFailException: To nothing.
    """
    if job.state is not JobState.SUCCEEDED:
        reason = f"{job.error.detail} ({job.error.code})" if job.error else "it gives no reason"
        raise AirflowFailException(f"The {job.kind} job {job.id} {_ended_as(job.state)}: {reason}")
    return job.result.model_dump(mode="json") if job.result else {}


def _ended_as(state: JobState) -> str:
    return f"was {state}" if state is JobState.CANCELLED else str(state)
