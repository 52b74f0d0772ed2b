"""What every submission that was accepted is answered with."""

from fastapi import Response

from meadow.schemas.jobs import Job, JobKind
from meadow_api.idempotency import REPLAYED_HEADER
from meadow_api.resources import Resources
from meadow_api.responses import point_to
from meadow_core.jobs.submissions import Accepted


def note_accepted(gateway: Resources, response: Response, accepted: Accepted, kind: JobKind) -> None:
    """Count a new job; mark a repetition."""
    if accepted.replayed:
        response.headers[REPLAYED_HEADER] = "true"
    else:
        gateway.metrics.submitted.labels(kind.value).inc()


async def answer_with(gateway: Resources, response: Response, accepted: Accepted, kind: JobKind) -> Job:
    """Count and read a job, and point to it."""
    note_accepted(gateway, response, accepted, kind)
    job = await gateway.submissions.read(accepted.job_id)
    point_to(response, job)
    return job
