"""Finding the batch of an interrupted run again."""

from meadow.client.client import Client
from meadow.client.folder.errors import FolderChangedError
from meadow.schemas.jobs import ACTIVE_STATES, Job, JobKind, JobState


def find_batch(client: Client, fingerprint: str, name: str) -> Job | None:
    """Return the newest batch of this fingerprint that can still be used; None when there is none.

    Raises:
        FolderChangedError: There is none, but the upload of another batch of this name was interrupted.
    """
    interrupted: Job | None = None
    for job in client.each_job(kind=JobKind.BATCH):
        if job.fingerprint == fingerprint and (job.state in ACTIVE_STATES or job.state is JobState.SUCCEEDED):
            return job
        if interrupted is None and _is_interrupted(job) and job.name == name:
            interrupted = job
    if interrupted:
        raise FolderChangedError(interrupted)
    return None


def _is_interrupted(job: Job) -> bool:
    return bool(job.fingerprint) and not job.sealed and job.state in ACTIVE_STATES
