"""`/v1/jobs`: read, wait for, list and cancel jobs of every kind."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from meadow.schemas.jobs import Job, JobKind, JobPage, JobState
from meadow_api.page_parameters import PageToken
from meadow_api.resources import Gateway
from meadow_api.responses import PRIVATE, UNCHANGED, is_known, job_example, point_to, problems
from meadow_api.waiting import GrantedWait, wait_for

router = APIRouter(prefix="/v1", tags=["jobs"])


@router.get("/jobs", summary="List jobs, newest first", responses=problems(400))
async def list_jobs(
    gateway: Gateway,
    kind: JobKind | None = None,
    state: JobState | None = None,
    page_size: Annotated[int, Query(ge=1, le=500)] = 50,
    page_token: PageToken = "",
) -> JobPage:
    """A page may hold fewer jobs than asked for while there are more: follow `next_page_token` until it is empty."""
    return await gateway.submissions.page(size=page_size, token=page_token, kind=kind, state=state)


@router.get(
    "/jobs/{job_id}",
    summary="Read a job, or wait for it",
    responses={
        **job_example(200, "The job as it is now."),
        **UNCHANGED,
        **problems(400, 404, 410),
    },
)
async def read_job(
    job_id: str,
    response: Response,
    gateway: Gateway,
    wait: GrantedWait,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Job:
    """With `Prefer: wait=N` the answer comes as soon as the job is finished, or after N seconds."""
    job = await wait_for(gateway, job_id, wait)
    point_to(response, job, waited=wait)
    # What the clock alone changes is no news; the tag is weak for that.
    known = job.model_dump_json(exclude={"progress": {"rate", "eta_seconds"}})
    etag = f'W/"{hashlib.sha256(known.encode()).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = PRIVATE
    if is_known(etag, if_none_match or ""):
        response.status_code = 304
    return job


@router.post(
    "/jobs/{job_id}:cancel",
    summary="Cancel a job",
    responses={**job_example(200, "The job is cancelled."), **problems(404, 409, 410)},
)
async def cancel_job(
    job_id: str,
    gateway: Gateway,
) -> Job:
    """A job that waits or runs is cancelled at once; what a batch has answered so far is kept."""
    return await gateway.submissions.cancel(job_id)
