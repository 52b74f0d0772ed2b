"""A job that its task has left behind."""

from meadow_airflow.gateway.asking import cancel_if_active
from meadow_airflow.gateway.connection import connected_gateway


def cancel_leftover(job_id: str | None) -> None:
    """Cancel the job of a task that failed; one that has ended is left as it is.

    Who ends a deferred task before the triggerer has taken it up ends the task alone: there is no trigger yet to pass
    that on.
    """
    if job_id:
        with connected_gateway() as client:
            cancel_if_active(client, job_id)
