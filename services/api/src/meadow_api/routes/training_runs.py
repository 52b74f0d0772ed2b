"""`POST /v1/training-runs`: train a model on a published data set."""

import asyncio

from fastapi import APIRouter, Response
from pydantic import Field

from meadow.jobs.model import Job, JobKind
from meadow.jobs.submissions import IdempotencyKey, fingerprint
from meadow.training import TrainingRequest
from meadow_api.auth import Caller
from meadow_api.idempotency import REPLAYED_HEADER, IdempotencyHeader
from meadow_api.resources import Gateway
from meadow_api.responses import job_example, point_to, problems

router = APIRouter(prefix="/v1/training-runs", tags=["training"])


class TrainingSubmission(TrainingRequest):
    """What to train, and whom to tell."""

    webhook_url: str | None = Field(None, description="Called when the run has ended.")


@router.post(
    "",
    status_code=202,
    summary="Start a training run",
    responses={**job_example(202, "Accepted; poll the job at `Location`."), **problems(401, 422, 503)},
)
async def start_training(
    training: TrainingSubmission, response: Response, gateway: Gateway, caller: Caller, key: IdempotencyHeader
) -> Job:
    """The job's progress counts epochs; its result names the model version and what was decided about it."""
    # A data set that is not there is told at once, not after the job has waited its turn.
    manifest = await asyncio.to_thread(gateway.datasets.load, training.dataset, training.dataset_version)
    pinned = TrainingRequest.model_validate(
        training.model_dump(exclude={"webhook_url"}) | {"dataset_version": manifest.digest}
    )
    webhook = await gateway.webhooks.record_fields(training.webhook_url)
    idempotency = IdempotencyKey(key, caller, fingerprint("training", training.model_dump())) if key else None
    accepted = await gateway.submissions.submit(
        JobKind.TRAINING,
        fields={"request": pinned.model_dump_json(), "name": training.dataset, **webhook},
        idempotency=idempotency,
    )
    if accepted.replayed:
        response.headers[REPLAYED_HEADER] = "true"
    else:
        gateway.metrics.submitted.labels(JobKind.TRAINING.value).inc()
    job = await gateway.submissions.read(accepted.job_id)
    point_to(response, job)
    return job
