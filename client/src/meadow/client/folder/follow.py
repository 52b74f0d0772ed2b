"""Following a batch until it is answered."""

import time
from collections.abc import Callable

from meadow.client.client import Client
from meadow.client.folder.errors import BatchFailedError
from meadow.schemas.jobs import Job, JobState

HELD_SECONDS = 1
"""How long a poll is held: the batch's end is heard of at once, and its progress once a second."""
SHORTEST_ROUND = 0.25
"""Seconds between two polls, although a gateway that does not hold them answers at once."""


def follow(client: Client, job: Job, on_change: Callable[[Job], None]) -> Job:
    """Poll until a batch is answered, and return it.

    Raises:
        BatchFailedError: It was cancelled, or failed as a whole.
    """
    while True:
        on_change(job)
        if job.state.is_final:
            break
        began = time.monotonic()
        job = client.job(job.id, wait=HELD_SECONDS)
        if not job.state.is_final:
            time.sleep(max(0.0, SHORTEST_ROUND - (time.monotonic() - began)))
    if job.state is not JobState.SUCCEEDED:
        reason = job.error.detail if job.error else f"it is {job.state}"
        raise BatchFailedError(f"Batch {job.id} did not finish: {reason}")
    return job
