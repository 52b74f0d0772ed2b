"""Reading a batch by its id, which may be that of another job."""

from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.problems import ProblemCode
from meadow_api.resources import Resources
from meadow_core.errors import ProblemError


async def read_batch(gateway: Resources, batch_id: str) -> Job:
    """Return a batch's record.

    Raises:
        ProblemError: There is no such job (404), its record is past its retention (410), or it is no batch (404).
    """
    job = await gateway.submissions.read(batch_id)
    if job.kind is not JobKind.BATCH:
        raise ProblemError(
            ProblemCode.NOT_FOUND, f"Job {batch_id} is no batch: it has no packs, and its result is in the job itself."
        )
    return job
