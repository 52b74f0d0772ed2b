"""`/v1/training-runs`: train a model on a published data set; read, list and cancel such runs as jobs."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from meadow.schemas.jobs import Job, JobKind, JobPage, JobState
from meadow.schemas.problems import ProblemCode
from meadow.schemas.training import TrainingRequest
from meadow_api.auth import Caller
from meadow_api.dataset_names import DatasetName
from meadow_api.idempotency import IdempotencyHeader
from meadow_api.page_parameters import PageToken
from meadow_api.resources import Gateway
from meadow_api.responses import UNCHANGED, job_example, problems
from meadow_api.routes.jobs import cancel_job, read_job
from meadow_api.strict_body import strictly
from meadow_api.submission_response import answer_with
from meadow_api.waiting import GrantedWait
from meadow_core.datasets.versions import DatasetVersions
from meadow_core.errors import ProblemError
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.ids import PREFIXES
from meadow_core.jobs.submissions import IdempotencyKey, fingerprint

router = APIRouter(prefix="/v1/training-runs", tags=["training"])


class TrainingSubmission(TrainingRequest):
    """What to train, and whom to tell."""

    dataset: DatasetName = Field(description="Name of a published data set.")
    webhook_url: str | None = Field(None, description="Called when the run has ended.")


@router.post(
    "",
    status_code=202,
    summary="Start a training run",
    responses=job_example(202, "Accepted; poll the job at `Location`."),
)
async def start_training(
    training: Annotated[TrainingSubmission, strictly(TrainingSubmission)],
    response: Response,
    gateway: Gateway,
    caller: Caller,
    key: IdempotencyHeader,
) -> Job:
    """The job's progress counts epochs; its result names the model version and what was decided about it."""
    # A data set that is not there is told at once, not after the job has waited its turn.
    digest = await asyncio.to_thread(_find, gateway.datasets, training.dataset, training.dataset_version)
    pinned = TrainingRequest.model_validate(training.model_dump(exclude={"webhook_url"}) | {"dataset_version": digest})
    webhook = await gateway.webhooks.record_fields(training.webhook_url)
    idempotency = IdempotencyKey(key, caller, fingerprint("training", training.model_dump())) if key else None
    accepted = await gateway.submissions.submit(
        JobKind.TRAINING,
        fields={
            JobField.REQUEST: pinned.model_dump_json(),
            JobField.NAME: training.dataset,
            JobField.CAUSE: training.cause.value,
            **webhook,
        },
        idempotency=idempotency,
    )
    return await answer_with(gateway, response, accepted, JobKind.TRAINING)


@router.get("", summary="List training runs, newest first", responses=problems(400))
async def list_training_runs(
    gateway: Gateway,
    state: JobState | None = None,
    page_size: Annotated[int, Query(ge=1, le=500)] = 50,
    page_token: PageToken = "",
) -> JobPage:
    """A page may hold fewer than asked for while there are more: follow `next_page_token` until it is empty."""
    return await gateway.submissions.page(size=page_size, token=page_token, kind=JobKind.TRAINING, state=state)


@router.get(
    "/{job_id}",
    summary="Read a training run, or wait for it",
    responses={**job_example(200, "The run as it is now."), **UNCHANGED, **problems(400, 404, 410)},
)
async def read_training_run(
    job_id: str,
    response: Response,
    gateway: Gateway,
    wait: GrantedWait,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Job:
    """The same as `GET /v1/jobs/{id}`."""
    _check(job_id)
    return await read_job(job_id, response, gateway, wait, if_none_match)


@router.post(
    "/{job_id}:cancel",
    summary="Cancel a training run",
    responses={**job_example(200, "The run is cancelled."), **problems(404, 409, 410)},
)
async def cancel_training_run(job_id: str, gateway: Gateway) -> Job:
    """The same as `POST /v1/jobs/{id}:cancel`: the trainer stops at its next step and registers nothing."""
    _check(job_id)
    return await cancel_job(job_id, gateway)


def _find(datasets: DatasetVersions, name: str, version: str | None) -> str:
    """Return the digest of a version that is there and readable, by its beginning or as the newest."""
    return datasets.load(name, datasets.resolve(name, version or "")).digest


def _check(job_id: str) -> None:
    if job_id.partition("_")[0] != PREFIXES[JobKind.TRAINING]:
        raise ProblemError(ProblemCode.NOT_FOUND, f"There is no training run {job_id!r}.")
