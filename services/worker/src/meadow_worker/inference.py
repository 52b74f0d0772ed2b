"""Answering images together, whatever one of them holds."""

import logging
from collections.abc import Sequence

from meadow.schemas.jobs import JobError
from meadow.schemas.predictions import Prediction
from meadow.schemas.problems import ProblemCode
from meadow_core.bundle.decode import ImageRejectedError
from meadow_core.bundle.region import DecodedImage
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.leases import Claim
from meadow_worker.served_model import ServedModel

logger = logging.getLogger(__name__)


def classify_claims(claims: Sequence[Claim], model: ServedModel) -> list[tuple[Claim, Prediction | JobError]]:
    """Answer jobs of one image each in one run of the network."""
    answers: list[tuple[Claim, Prediction | JobError]] = []
    decoded: list[tuple[Claim, DecodedImage]] = []
    for claim in claims:
        try:
            decoded.append((claim, model.decode(claim.image)))
        except ImageRejectedError as error:
            answers.append((claim, JobError(code=error.code, detail=error.detail)))
    for (claim, _), answer in zip(decoded, answer_all([image for _, image in decoded], model), strict=True):
        top_k = claim.record.get(JobField.TOP_K)
        if isinstance(answer, Prediction) and top_k:
            answers.append((claim, answer.model_copy(update={"scores": answer.scores[: int(top_k)]})))
        else:
            answers.append((claim, answer))
    return answers


def answer_all(images: list[DecodedImage], model: ServedModel) -> list[Prediction | JobError]:
    """Answer images in one run; if that fails, one by one, so that a bad one does not take the others with it."""
    if not images:
        return []
    try:
        return list(model.answer(images))
    except Exception:
        logger.exception("a run over %d images failed", len(images))
    if len(images) == 1:
        return [JobError(code=ProblemCode.INTERNAL, detail="The worker failed on this image; see its log.")]
    return [answer for image in images for answer in answer_all([image], model)]
