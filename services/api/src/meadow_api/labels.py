"""Labels that people give, by whichever way: checked, kept with their image, and counted for the job that answered."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from meadow.schemas.correction import MAX_LABEL_BYTES, Correction
from meadow.schemas.feedback import Feedback, LabelOrigin
from meadow.schemas.jobs import Job, JobKind, JobState
from meadow.schemas.predictions import Prediction
from meadow.schemas.problems import FieldError, ProblemCode
from meadow.schemas.review import ReviewItem
from meadow_api.resources import Resources
from meadow_core.errors import ProblemError


@dataclass(frozen=True)
class SaidLabel:
    """What a person said."""

    label: str
    caller: str
    new_class: bool = False
    note: str = ""
    origin: LabelOrigin = LabelOrigin.CORRECTION


async def check_label(gateway: Resources, label: str, *, new_class: bool, location: str) -> None:
    """Check that a label is one, and a class of the model in production.

    Args:
        gateway: Knows that model.
        label: What was said.
        new_class: Whether the label may be one that the model does not have.
        location: Where in the request it stands.

    Raises:
        ProblemError: It is not.
    """
    if not label or not label.isprintable() or len(label.encode()) > MAX_LABEL_BYTES:
        detail = f"A label has 1 to {MAX_LABEL_BYTES} bytes, all printable."
        raise _bad_label(ProblemCode.INVALID_REQUEST, detail, location)
    if new_class:
        return
    model = await asyncio.to_thread(gateway.registry.production)
    classes = model.classes if model else []
    if label not in classes:
        known = ", ".join(classes) or "none yet"
        detail = (
            f"{label!r} is no class of the model in production ({known}). Add new_class=true if it is to become one."
        )
        raise _bad_label(ProblemCode.UNKNOWN_LABEL, detail, location)


async def keep_label(
    gateway: Resources,
    said: SaidLabel,
    image: bytes,
    *,
    job: Job | None,
    job_id: str,
    name: str = "",
    item: ReviewItem | None = None,
) -> Correction:
    """Keep an image with its label; if it is a job's, note that in the job's record; nobody need review it any more.

    Args:
        gateway: Where to keep it.
        said: What was said, by whom, and how.
        image: Its bytes.
        job: The job that answered, if it is known and not gone.
        job_id: What it was called.
        name: What the image is called.
        item: The answer as it was kept for review, which may outlive the job.
    """
    answer = _answer_of(job) or (item.prediction if item else None)
    model = (job.model if job else None) or (item.model if item else None)
    correction = await asyncio.to_thread(
        gateway.corrections.add,
        image,
        said.label,
        new_class=said.new_class,
        name=name or (job.name if job and job.kind is JobKind.CLASSIFICATION else ""),
        predicted=answer.label if answer else "",
        model_version=model.version if model else "",
        job_id=job_id,
        caller=said.caller,
        origin=said.origin,
    )
    if job and answer and job.model and job.state is JobState.SUCCEEDED and job.kind is JobKind.CLASSIFICATION:
        feedback = Feedback(
            label=said.label,
            right=said.label == answer.label,
            sha256=correction.sha256,
            note=said.note,
            caller=said.caller,
            at=datetime.now(UTC),
        )
        await gateway.feedback.note(job.id, feedback, model_version=job.model.version)
    await asyncio.to_thread(gateway.reviews.remove, correction.sha256)
    return correction


def _answer_of(job: Job | None) -> Prediction | None:
    return job.result if job and isinstance(job.result, Prediction) else None


def _bad_label(problem: ProblemCode, detail: str, location: str) -> ProblemError:
    return ProblemError(problem, detail, errors=[FieldError(location=location, detail=detail)])
