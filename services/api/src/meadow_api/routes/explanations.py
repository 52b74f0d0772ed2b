"""`/v1/jobs/{id}/explanation`: which parts of an image its answer rests on."""

import asyncio
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response

from meadow.schemas.explanations import ExplanationMap, ExplanationState
from meadow.schemas.problems import ProblemCode
from meadow_api.resources import Gateway
from meadow_api.responses import PRIVATE, problems
from meadow_core.errors import ProblemError
from meadow_core.storage.layout import explanation_image_key, explanation_map_key
from meadow_core.storage.s3 import ObjectMissingError

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["classifications"])


class ExplanationFormat(StrEnum):
    """How an explanation is told."""

    PNG = "png"
    """Drawn over the image."""
    JSON = "json"
    """In numbers."""


_MEDIA_TYPES = {ExplanationFormat.PNG: "image/png", ExplanationFormat.JSON: "application/json"}
_KEYS = {ExplanationFormat.PNG: explanation_image_key, ExplanationFormat.JSON: explanation_map_key}


@router.get(
    "/explanation",
    summary="See which parts of an image its answer rests on",
    response_class=Response,
    responses={
        200: {
            "description": "The map, drawn over the image; with `format=json` in numbers.",
            "content": {"image/png": {}},
            "model": ExplanationMap,
        },
        **problems(404, 409, 410),
    },
)
async def read_explanation(
    job_id: str,
    gateway: Gateway,
    wanted: Annotated[ExplanationFormat, Query(alias="format")] = ExplanationFormat.PNG,
) -> Response:
    """Of a classification that was submitted with `explain=true`, as long as the job can be read."""
    job = await gateway.submissions.read(job_id)
    if job.explanation is None:
        raise ProblemError(
            ProblemCode.NOT_FOUND,
            f"No explanation was asked for with job {job_id}. Submit the image with ?explain=true.",
        )
    if job.explanation.state is ExplanationState.PENDING:
        raise ProblemError(ProblemCode.JOB_NOT_FINISHED, f"Job {job_id} is {job.state}. Wait for it.")
    if job.explanation.state is ExplanationState.UNAVAILABLE:
        raise ProblemError(ProblemCode.NOT_FOUND, f"Job {job_id} has no explanation: {job.explanation.detail}")
    try:
        content = await asyncio.to_thread(gateway.store.get, gateway.settings.jobs_bucket, _KEYS[wanted](job_id))
    except ObjectMissingError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, f"The explanation of job {job_id} is gone from the store.") from error
    return Response(content, media_type=_MEDIA_TYPES[wanted], headers={"Cache-Control": PRIVATE})
