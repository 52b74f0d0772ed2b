"""`/v1/corrections`: what an image really shows, said by a person, to be learnt from."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request

from meadow.datasets.correction import MAX_LABEL_BYTES, Correction, CorrectionCounts
from meadow.jobs.model import Job
from meadow.predictions import Prediction
from meadow.problems import FieldError, ProblemError, ProblemType, ProblemTypes
from meadow_api.auth import Caller
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import problems
from meadow_api.uploads import REQUEST_BODY, read_image

router = APIRouter(prefix="/v1/corrections", tags=["corrections"])


@router.post(
    "",
    status_code=201,
    summary="Correct a label",
    responses=problems(400, 401, 404, 413, 415, 422, 503),
    openapi_extra={"requestBody": REQUEST_BODY},
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
    image = await read_image(request, gateway.settings)
    label = (label or image.fields.get("label", "")).strip()
    job_id = job_id or image.fields.get("job_id", "")
    await _check_label(gateway, label, new_class=new_class)
    answer = await _answer_of(gateway, job_id)
    return await asyncio.to_thread(
        gateway.corrections.add,
        image.body,
        label,
        new_class=new_class,
        name=image.name or answer.name,
        predicted=answer.label,
        model_version=answer.model_version,
        job_id=job_id,
        caller=caller,
    )


@router.get("", summary="Count the corrections", responses=problems(401, 503))
async def count_corrections(gateway: Gateway) -> CorrectionCounts:
    """The images with a corrected label, by that label."""
    return await asyncio.to_thread(gateway.corrections.counts)


@dataclass(frozen=True)
class _Answer:
    """What a job said of its image."""

    label: str = ""
    model_version: str = ""
    name: str = ""


async def _check_label(gateway: Resources, label: str, *, new_class: bool) -> None:
    if not label or not label.isprintable() or len(label.encode()) > MAX_LABEL_BYTES:
        raise _bad_label(ProblemTypes.INVALID_REQUEST, f"A label has 1 to {MAX_LABEL_BYTES} bytes, all printable.")
    if new_class:
        return
    model = await asyncio.to_thread(gateway.registry.production)
    classes = model.classes if model else []
    if label not in classes:
        known = ", ".join(classes) or "none yet"
        detail = (
            f"{label!r} is no class of the model in production ({known}). Add new_class=true if it is to become one."
        )
        raise _bad_label(ProblemTypes.UNKNOWN_LABEL, detail)


def _bad_label(problem: ProblemType, detail: str) -> ProblemError:
    return ProblemError(problem, detail, errors=[FieldError(location="query.label", detail=detail)])


async def _answer_of(gateway: Resources, job_id: str) -> _Answer:
    """Read what the model had said; a job that is past its retention is no reason to refuse what a person says."""
    if not job_id:
        return _Answer()
    try:
        job: Job = await gateway.submissions.read(job_id)
    except ProblemError as error:
        if error.problem is not ProblemTypes.JOB_GONE:
            raise
        return _Answer()
    label = job.result.label if isinstance(job.result, Prediction) else ""
    return _Answer(label, job.model.version if job.model else "", job.name)
