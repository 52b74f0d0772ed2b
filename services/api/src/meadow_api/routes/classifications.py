"""`POST /v1/classifications`: one image, one job."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from meadow.jobs.model import Job, JobKind
from meadow.jobs.record import EXPLAIN
from meadow.jobs.submissions import IdempotencyKey, fingerprint
from meadow.problems import ProblemError
from meadow_api.acceptance import note_accepted
from meadow_api.auth import Caller
from meadow_api.idempotency import IdempotencyHeader
from meadow_api.resources import Gateway
from meadow_api.responses import job_example, point_to, problems
from meadow_api.uploads import REQUEST_BODY, read_image
from meadow_api.waiting import GrantedWait, wait_for

router = APIRouter(prefix="/v1", tags=["classifications"])


@router.post(
    "/classifications",
    status_code=202,
    summary="Classify one image",
    responses={
        **job_example(202, "Accepted; poll the job at `Location`."),
        **job_example(200, "Finished within `Prefer: wait=N`."),
        **problems(400, 401, 413, 415, 422, 503),
    },
    openapi_extra={"requestBody": REQUEST_BODY},
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
    """Submit an image, as the raw body or as the form field `image`.

    With `explain=true` the job is finished once its explanation is there too: it costs about a hundred images.
    """
    try:
        image = await read_image(request, gateway.settings)
        fields: dict[str, str | int] = {"name": image.name}
        if top_k is not None:
            fields["top_k"] = top_k
        if explain:
            fields[EXPLAIN] = 1
        fields |= await gateway.webhooks.record_fields(webhook_url)
        idempotency = IdempotencyKey(key, caller, fingerprint("classification", image.body, fields)) if key else None
        accepted = await gateway.submissions.submit(
            JobKind.CLASSIFICATION, image=image.body, fields=fields, idempotency=idempotency
        )
    except ProblemError as error:
        gateway.metrics.refused.labels(error.problem.code).inc()
        raise
    note_accepted(gateway, response, accepted, JobKind.CLASSIFICATION)
    job = await wait_for(gateway, accepted.job_id, wait)
    point_to(response, job, waited=wait)
    if wait and job.state.is_final:
        response.status_code = 200
    return job
