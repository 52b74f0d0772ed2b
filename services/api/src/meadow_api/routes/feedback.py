"""`PUT /v1/jobs/{id}/feedback`: what a job's image really shows, without sending it again."""

import asyncio
from typing import Annotated

from fastapi import APIRouter

from meadow.schemas.feedback import FeedbackRequest, LabelOrigin
from meadow.schemas.jobs import Job, JobKind
from meadow.schemas.predictions import Prediction
from meadow.schemas.problems import ProblemCode
from meadow_api.auth import Caller
from meadow_api.labels import SaidLabel, check_label, keep_label
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import job_example, problems
from meadow_api.strict_body import strictly
from meadow_core.errors import ProblemError
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import image_key

FeedbackBody = Annotated[FeedbackRequest, strictly(FeedbackRequest)]
router = APIRouter(prefix="/v1/jobs", tags=["corrections"])


@router.put(
    "/{job_id}/feedback",
    summary="Correct or confirm an answer",
    responses={**job_example(200, "The job, with the feedback."), **problems(404, 409, 410)},
)
async def give_feedback(job_id: str, asked: FeedbackBody, gateway: Gateway, caller: Caller) -> Job:
    """The label is kept with the image, as a correction is, and counts for the accuracy of the version that answered.

    The same label again changes nothing; another one counts instead. The image is kept for a while after the answer
    (`MEADOW_FEEDBACK_IMAGE_SECONDS`); later, send it to `/v1/corrections`.
    """
    job = await gateway.submissions.read(job_id)
    _check(job)
    label = asked.label.strip()
    if job.feedback and job.feedback.label == label:
        return job
    await check_label(gateway, label, new_class=asked.new_class, location="body.label")
    image = await _image_of(gateway, job)
    said = SaidLabel(label, caller, new_class=asked.new_class, note=asked.note, origin=LabelOrigin.FEEDBACK)
    await keep_label(gateway, said, image, job=job, job_id=job_id)
    return await gateway.submissions.read(job_id)


def _check(job: Job) -> None:
    if job.kind is not JobKind.CLASSIFICATION:
        raise ProblemError(
            ProblemCode.INVALID_REQUEST,
            f"Job {job.id} is no classification of one image. Send the image with its label to /v1/corrections.",
        )
    if not job.state.is_final:
        raise ProblemError(ProblemCode.JOB_NOT_FINISHED, f"Job {job.id} is {job.state}: there is no answer yet.")
    if not isinstance(job.result, Prediction):
        raise ProblemError(ProblemCode.JOB_FINISHED, f"Job {job.id} ended as {job.state}: there is no answer.")


async def _image_of(gateway: Resources, job: Job) -> bytes:
    image = await gateway.feedback.image(job.id)
    if image is not None:
        return image
    if job.feedback:
        try:
            key = image_key(job.feedback.sha256)
            return await asyncio.to_thread(gateway.store.get, gateway.settings.images_bucket, key)
        except ObjectMissingError:
            pass
    raise ProblemError(
        ProblemCode.IMAGE_GONE,
        f"The image of {job.id} is not kept any more. Send it again: POST /v1/corrections?job_id={job.id}&label=...",
    )
