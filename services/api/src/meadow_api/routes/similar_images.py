"""`/v1/jobs/{id}/neighbours` and `/v1/models/{version}/neighbours`: the training images most like a classified one."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import MAX_EMBEDDING_CHARACTERS, Prediction
from meadow.schemas.problems import ProblemCode
from meadow.schemas.similar_images import SimilarImages
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import problems
from meadow_core.bundle.manifest import BundleError
from meadow_core.errors import ProblemError

router = APIRouter(prefix="/v1")

Count = Annotated[int, Query(ge=1, le=50, description="How many images, at most.")]


@router.get(
    "/jobs/{job_id}/neighbours",
    summary="See the training images most like a classified one",
    responses=problems(404, 409, 410),
    tags=["classifications"],
)
async def read_job_neighbours(job_id: str, gateway: Gateway, count: Count = 5) -> SimilarImages:
    """What the model compared the image with, so to speak: with their labels, the most similar first."""
    job = await gateway.submissions.read(job_id)
    if not job.state.is_final:
        raise ProblemError(ProblemCode.JOB_NOT_FINISHED, f"Job {job_id} is {job.state}. Wait for it.")
    if not isinstance(job.result, Prediction) or job.model is None:
        raise ProblemError(ProblemCode.NOT_FOUND, f"Job {job_id} is no image that was answered.")
    if job.result.embedding is None:
        raise ProblemError(
            ProblemCode.NOT_FOUND, f"Job {job_id} was answered by model {job.model.version}, which has no embeddings."
        )
    return await _find(gateway, job.model, job.result.embedding, count)


@router.get(
    "/models/{version}/neighbours",
    summary="Find a version's training images by an embedding",
    responses=problems(404, 422),
    tags=["models"],
)
async def find_neighbours(
    version: str,
    gateway: Gateway,
    embedding: Annotated[
        str,
        Query(min_length=1, max_length=MAX_EMBEDDING_CHARACTERS, description="Of a result that this version answered."),
    ],
    count: Count = 5,
) -> SimilarImages:
    """For the images of batches: each of their results has an `embedding`."""
    info = await asyncio.to_thread(gateway.registry.version, version)
    if info is None:
        raise ProblemError(ProblemCode.NOT_FOUND, f"There is no model version {version}.")
    return await _find(gateway, info.ref, embedding, count)


async def _find(gateway: Resources, model: ModelRef, embedding: str, count: int) -> SimilarImages:
    try:
        return await asyncio.to_thread(gateway.similar_images.find, model, embedding, count)
    except BundleError as error:
        raise ProblemError(ProblemCode.NOT_FOUND, str(error)) from error
    except ValueError as error:
        raise ProblemError(ProblemCode.INVALID_REQUEST, str(error)) from error
