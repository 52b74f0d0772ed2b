"""`/v1/corrections`: what an image really shows, said by a person, to be learnt from."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request

from meadow.schemas.correction import Correction, CorrectionCounts
from meadow.schemas.jobs import Job
from meadow.schemas.problems import ProblemCode
from meadow_api.auth import Caller
from meadow_api.image_json import LabelledImageJson
from meadow_api.labels import SaidLabel, check_label, keep_label
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import problems
from meadow_api.upload_schema import CORRECTION_BODY, NAME_PARAMETERS
from meadow_api.uploads import uploaded_image
from meadow_core.errors import ProblemError

router = APIRouter(prefix="/v1/corrections", tags=["corrections"])


@router.post(
    "",
    status_code=201,
    summary="Correct a label",
    responses=problems(400, 404),
    openapi_extra={"requestBody": CORRECTION_BODY, "parameters": NAME_PARAMETERS},
)
async def add_correction(
    request: Request,
    gateway: Gateway,
    caller: Caller,
    *,
    label: Annotated[str, Query(description="What the image shows; or a field of the form.")] = "",
    job_id: Annotated[str, Query(description="The job whose answer is corrected.")] = "",
    new_class: Annotated[
        bool, Query(description="The label is a class that the model in production does not have.")
    ] = False,
) -> Correction:
    """Keep an image, sent as for a classification, with its right label. Of an image's corrections the last one counts.

    They become training data with `meadow data publish --add --corrections`.
    """
    async with uploaded_image(request, gateway.settings, gateway.upload_memory, LabelledImageJson) as image:
        label = (label or image.fields.get("label", "")).strip()
        job_id = job_id or image.fields.get("job_id", "")
        await check_label(gateway, label, new_class=new_class, location="query.label")
        job = await _find(gateway, job_id)
        said = SaidLabel(label=label, new_class=new_class, caller=caller)
        return await keep_label(gateway, said, image.body, job=job, job_id=job_id, name=image.name)


@router.get("", summary="Count the corrections")
async def count_corrections(gateway: Gateway) -> CorrectionCounts:
    """The images with a corrected label, by that label."""
    return await asyncio.to_thread(gateway.corrections.counts)


async def _find(gateway: Resources, job_id: str) -> Job | None:
    """Read what the model had said; a job that is past its retention is no reason to refuse what a person says."""
    if not job_id:
        return None
    try:
        return await gateway.submissions.read(job_id)
    except ProblemError as error:
        if error.code is not ProblemCode.JOB_GONE:
            raise
        return None
