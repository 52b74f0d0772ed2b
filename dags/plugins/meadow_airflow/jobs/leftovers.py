"""A job that its task has left behind."""

from meadow_airflow.gateway.client import GatewayClient


def cancel_leftover(job_id: str | None) -> None:
    """Cancel the job of a task that failed; one that has ended is left as it is.

    Who ends a deferred task before the triggerer has taken it up ends the task alone: there is no trigger yet to pass
    that on.
    """
    if job_id:
        with GatewayClient.connect() as client:
            client.cancel(job_id)
