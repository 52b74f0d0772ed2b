"""Starting a task's job exactly once, whatever is killed in between."""

from collections.abc import Mapping
from typing import Any, Protocol

from meadow_airflow.gateway.client import GatewayClient
from meadow_airflow.gateway.errors import GatewayRefusedError
from meadow_airflow.gateway.models import Job
from meadow_airflow.jobs.keys import Origin, idempotency_key

MEMORY = "meadow_job"


class TaskMemory(Protocol):
    """What Airflow keeps for a task over its tries: its task state store."""

    def get(self, key: str) -> Any: ...  # noqa: ANN401, D102 - Airflow's interface
    def set(self, key: str, value: Any) -> None: ...  # noqa: ANN401, D102


def start_job(client: GatewayClient, memory: TaskMemory, origin: Origin, path: str, body: Mapping[str, object]) -> Job:
    """Start the task's job, or find the one that an earlier try has started.

    The gateway's memory of keys closes the gap between the submission and the note of it; the note outlives that
    memory, which is a day long.
    """
    key = idempotency_key(origin, path, body)
    noted = memory.get(MEMORY) or {}
    if noted.get("key") == key:
        return client.job(noted["job"])
    if noted:
        _give_up(client, noted["job"])
    job = client.submit(path, body, key)
    memory.set(MEMORY, {"key": key, "job": job.id})
    return job


def _give_up(client: GatewayClient, job_id: str) -> None:
    """End the job of a run that was cleared: nobody waits for it any more."""
    try:
        if not client.job(job_id).is_final:
            client.cancel(job_id)
    except GatewayRefusedError as refusal:
        if refusal.code not in ("not-found", "job-gone"):
            raise
