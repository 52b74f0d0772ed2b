"""`GET /v1/jobs/{id}/events`: a job as it goes on, by server-sent events."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from redis.exceptions import RedisError

from meadow.schemas.jobs import Job
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import problems
from meadow_core.errors import ProblemError

router = APIRouter(prefix="/v1", tags=["jobs"])

LOOK_SECONDS = 0.5
"""How often a job is looked at, and so how often its progress is told at most; its end is told at once."""
RECONNECT_MILLISECONDS = 2000

logger = logging.getLogger(__name__)


async def readable_job(job_id: str, gateway: Gateway, response: Response) -> str:
    """Refuse a job that cannot be read while the answer can still be a problem."""
    await gateway.submissions.read(job_id)
    response.headers["Cache-Control"] = "no-store"
    return job_id


@router.get(
    "/jobs/{job_id}/events",
    summary="Follow a job by server-sent events",
    response_class=EventSourceResponse,
    responses=problems(404, 410),
)
async def stream_events(
    job_id: Annotated[str, Depends(readable_job)], gateway: Gateway
) -> AsyncIterator[ServerSentEvent]:
    """`job` is the whole job: first, and whenever more of it changes than its progress; `progress` is that alone.

    `done` is the finished job, and the stream ends. Whoever reconnects gets the whole job again, so there is nothing
    to catch up on, and `Last-Event-ID` is not asked for. A comment every 15 seconds keeps an idle stream open.
    """
    numbers = itertools.count(1)

    def event(name: str, data: str) -> ServerSentEvent:
        return ServerSentEvent(event=name, raw_data=data, id=str(next(numbers)), retry=RECONNECT_MILLISECONDS)

    told: Job | None = None
    with gateway.finished.expecting(job_id) as finished:
        while not gateway.finished.is_letting_go:
            # A notice is good for one look: Redis may not answer it.
            finished.clear()
            try:
                job = await _look(gateway, job_id)
            except ProblemError:
                # Its record is deleted; whoever asks again is told so.
                return
            if job and job.state.is_final:
                if told is None:
                    yield event("job", job.model_dump_json())
                yield event("done", job.model_dump_json())
                return
            if job and (told is None or _without_progress(job) != _without_progress(told)):
                yield event("job", job.model_dump_json())
                told = job
            elif job and told and job.progress and _counted(job) != _counted(told):
                yield event("progress", job.progress.model_dump_json())
                told = job
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(finished.wait(), LOOK_SECONDS)


async def _look(gateway: Resources, job_id: str) -> Job | None:
    """Read the job; None while Redis does not answer, which the stream outlives."""
    try:
        return await gateway.submissions.read(job_id)
    except RedisError as error:
        logger.warning("cannot look at %s: %s", job_id, error)
        return None


def _without_progress(job: Job) -> Job:
    return job.model_copy(update={"progress": None})


def _counted(job: Job) -> tuple[object, ...]:
    """What the progress counts; its rate changes with every look."""
    progress = job.progress
    return (progress.total, progress.done, progress.failed, progress.classes, progress.message) if progress else ()
