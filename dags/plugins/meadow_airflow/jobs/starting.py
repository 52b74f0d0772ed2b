"""Starting a task's job exactly once, whatever is killed in between."""

from collections.abc import Mapping
from typing import Any, Protocol

from airflow.sdk.exceptions import AirflowFailException
from pydantic import ValidationError

from meadow import ApiProblem, Client
from meadow.schemas.ingestion import IngestRequest
from meadow.schemas.jobs import Job
from meadow.schemas.training import TrainingRequest
from meadow_airflow.gateway.asking import cancel_if_active
from meadow_airflow.jobs.keys import Origin, idempotency_key

MEMORY = "meadow_job"
TRAINING_RUNS = "/v1/training-runs"
DATASETS = "/v1/datasets"


class TaskMemory(Protocol):
    """What Airflow keeps for a task over its tries: its task state store."""

    def get(self, key: str) -> Any: ...  # noqa: ANN401, D102 - Airflow's interface
    def set(self, key: str, value: Any) -> None: ...  # noqa: ANN401, D102


def start_job(client: Client, memory: TaskMemory, origin: Origin, path: str, body: Mapping[str, object]) -> Job:
    """Start the task's job, or find the one that an earlier try has started.

    The gateway's memory of keys closes the gap between the submission and the note of it; the note outlives that
    memory, which is a day long.

    Raises:
        AirflowFailException: What is asked for is no request.
    """
    key = idempotency_key(origin, path, body)
    noted = memory.get(MEMORY) or {}
    if noted.get("key") == key:
        return client.job(noted["job"])
    if noted:
        _give_up(client, noted["job"])
    job = _submit(client, path, body, key)
    memory.set(MEMORY, {"key": key, "job": job.id})
    return job


def _submit(client: Client, path: str, body: Mapping[str, object], key: str) -> Job:
    try:
        if path == TRAINING_RUNS:
            return client.start_training(TrainingRequest.model_validate(body), idempotency_key=key)
        return client.start_ingestion(IngestRequest.model_validate(body), idempotency_key=key)
    except ValidationError as error:
        raise AirflowFailException(f"{path} cannot be asked for that: {error}") from error


def _give_up(client: Client, job_id: str) -> None:
    """End the job of a run that was cleared: nobody waits for it any more."""
    try:
        if not client.job(job_id).state.is_final:
            cancel_if_active(client, job_id)
    except ApiProblem as problem:
        if problem.code not in ("not-found", "job-gone"):
            raise
