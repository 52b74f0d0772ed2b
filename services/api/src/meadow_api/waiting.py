"""`Prefer: wait=N` (RFC 7240): hold a request until its job is finished or N seconds are over."""

import asyncio
import re
import time
from typing import Annotated

from fastapi import Depends, Header, Request

from meadow.schemas.jobs import Job
from meadow.schemas.problems import ProblemCode
from meadow_api.completion_notifier import POLL_SECONDS
from meadow_api.resources import Gateway, Resources
from meadow_core.errors import ProblemError

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\d*\"?", re.IGNORECASE)


async def granted_wait(
    request: Request,
    gateway: Gateway,
    _prefer: Annotated[
        str | None,
        Header(alias="prefer", description="`wait=N` holds the request up to N seconds.", examples=["wait=10"]),
    ] = None,
) -> int:
    """Read how long the caller would wait, capped by the settings; 0 when it did not say."""
    for value in request.headers.getlist("prefer"):
        if match := _WAIT.search(value):
            return min(int(match.group(1)), gateway.settings.max_wait_seconds)
        if "wait" in value.lower():
            raise ProblemError(ProblemCode.MALFORMED, f"Prefer: {value!r} is not understood. Send 'Prefer: wait=10'.")
    return 0


GrantedWait = Annotated[int, Depends(granted_wait)]


async def wait_for(gateway: Resources, job_id: str, seconds: float) -> Job:
    """Return the job as soon as it is finished, else as it is after so many seconds."""
    deadline = time.monotonic() + seconds
    with gateway.finished.expecting(job_id) as finished:
        while True:
            job = await gateway.submissions.read(job_id)
            left = deadline - time.monotonic()
            if job.state.is_final or left <= 0 or gateway.finished.is_letting_go:
                return job
            try:
                await asyncio.wait_for(finished.wait(), min(left, POLL_SECONDS))
            except TimeoutError:
                continue
