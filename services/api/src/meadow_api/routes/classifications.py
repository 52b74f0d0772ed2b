"""`POST /v1/classifications`: one image, one job."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from meadow.schemas.jobs import Job, JobKind
from meadow_api.auth import Caller
from meadow_api.idempotency import IdempotencyHeader
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import job_example, point_to, problems
from meadow_api.submission_response import note_accepted
from meadow_api.upload_schema import CLASSIFICATION_BODY, NAME_PARAMETERS
from meadow_api.uploads import uploaded_image
from meadow_api.waiting import GrantedWait, wait_for
from meadow_core.errors import ProblemError
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.submissions import Accepted, IdempotencyKey, fingerprint

router = APIRouter(prefix="/v1", tags=["classifications"])


@router.post(
    "/classifications",
    status_code=202,
    summary="Classify one image",
    responses={
        **job_example(202, "Accepted; poll the job at `Location`."),
        **job_example(200, "Finished within `Prefer: wait=N`."),
        **problems(400),
    },
    openapi_extra={"requestBody": CLASSIFICATION_BODY, "parameters": NAME_PARAMETERS},
)
async def submit_classification(
    request: Request,
    response: Response,
    gateway: Gateway,
    caller: Caller,
    wait: GrantedWait,
    key: IdempotencyHeader,
    *,
    top_k: Annotated[int | None, Query(ge=1, le=1000, description="Name only the k most likely classes.")] = None,
    explain: Annotated[bool, Query(description="Also say which parts of the image the answer rests on.")] = False,
    webhook_url: Annotated[str | None, Query(description="Called when the job has ended.")] = None,
) -> Job:
    """Submit an image: as the raw body, as the form field `image`, or as base64 in JSON.

    With `explain=true` the job is finished once its explanation is there too: it costs about a hundred images.
    """
    options: dict[str, str | int] = {} if top_k is None else {"top_k": top_k}
    if explain:
        options[JobField.EXPLAIN] = 1
    try:
        options |= await gateway.webhooks.record_fields(webhook_url)
        # The image is let go before the wait.
        accepted = await _accept(request, gateway, IdempotencyKey(key, caller, "") if key else None, options)
    except ProblemError as error:
        gateway.metrics.refused.labels(error.code).inc()
        raise
    note_accepted(gateway, response, accepted, JobKind.CLASSIFICATION)
    job = await wait_for(gateway, accepted.job_id, wait)
    point_to(response, job, waited=wait)
    if wait and job.state.is_final:
        response.status_code = 200
    return job


async def _accept(
    request: Request, gateway: Resources, key: IdempotencyKey | None, options: Mapping[str, str | int]
) -> Accepted:
    async with uploaded_image(request, gateway.settings, gateway.upload_memory) as image:
        fields = {JobField.NAME: image.name, **options}
        idempotency = key and replace(key, fingerprint=fingerprint("classification", image.body, fields))
        return await gateway.submissions.submit(
            JobKind.CLASSIFICATION, image=image.body, fields=fields, idempotency=idempotency
        )
