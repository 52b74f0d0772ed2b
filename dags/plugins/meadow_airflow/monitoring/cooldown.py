"""Drift does not end with the first training run it causes: another one every hour would help nobody."""

from datetime import datetime

from meadow import Client
from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.training import TrainingCause


def recent_run(client: Client, cause: TrainingCause, since: datetime) -> Job | None:
    """Find a training run of this cause, in whatever state, that was asked for since then."""
    for job in client.each_job(kind=JobKind.TRAINING):
        if job.created_at < since:
            # Newest first: the rest is older still.
            return None
        if job.cause == cause:
            return job
    return None
