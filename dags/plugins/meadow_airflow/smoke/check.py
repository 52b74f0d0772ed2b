"""Asking a new version about images whose labels are known."""

import time
from collections.abc import Sequence

from airflow.sdk.exceptions import AirflowException

from meadow import Client, JobPendingError
from meadow.schemas.jobs import Job, JobState
from meadow.schemas.models import ModelRef

ANSWER_SECONDS = 300.0
"""For all images together: people and batches wait in the same queues, which may be long."""


class SmokeError(Exception):
    """The new version does not answer as it should."""


class UnansweredError(AirflowException):
    """An image is not answered yet, which says nothing of the version: the task is tried again."""


def check_answers(
    client: Client, ref: ModelRef, images: Sequence[tuple[bytes, str]], *, seconds: float = ANSWER_SECONDS
) -> str:
    """Require an answer to each image, by this version; how many labels are right is only told.

    What is right in how many cases was measured, on all of the hold-out, before the version was promoted.

    Raises:
        SmokeError: An image cannot be answered, or is answered by another version.
        UnansweredError: Nobody has answered an image in time.
    """
    if not images:
        raise SmokeError("The data set has no hold-out image to ask about.")
    deadline = time.monotonic() + seconds
    # All are sent before the first is waited for, so that they wait in the queue together.
    jobs = [client.submit_image(image) for image, _ in images]
    right = 0
    for number, (job, (_, label)) in enumerate(zip(jobs, images, strict=True), 1):
        which = f"Image {number} of {len(images)}"
        ended = _wait(client, job, deadline)
        if ended.state not in {JobState.SUCCEEDED, JobState.FAILED}:
            raise UnansweredError(
                f"{which} is not answered: job {job.id} is {ended.state} after {seconds:.0f} seconds."
            )
        if ended.prediction is None:
            raise SmokeError(f"{which} is not answered: {_trouble(ended)}")
        if ended.model != ref:
            by = f"version {ended.model.version}" if ended.model else "no version"
            raise SmokeError(f"{which} is answered by {by}, not by version {ref.version}.")
        right += ended.prediction.label == label
    return f"Version {ref.version} answers: {right} of {len(images)} hold-out images rightly."


def _wait(client: Client, job: Job, deadline: float) -> Job:
    """Return the job as it is when it ends, or when time is up."""
    if job.state.is_final:
        return job
    try:
        return client.wait(job.id, timeout=max(deadline - time.monotonic(), 0))
    except JobPendingError as pending:
        return pending.job


def _trouble(job: Job) -> str:
    return job.error.detail if job.error else f"job {job.id} has {job.state} without a result."
