"""State of one uploaded image: its job, prediction, thumbnail and submitted label."""

import base64
import io
import logging
from dataclasses import dataclass
from enum import StrEnum

from meadow.client import ApiProblem, ClientError
from meadow.imaging.rejected import ImageRejectedError
from meadow.imaging.small import small_picture
from meadow.schemas.explanations import ExplanationState
from meadow.schemas.jobs import Job, JobError, JobState
from meadow.schemas.predictions import Decision, Prediction
from meadow.schemas.problems import ProblemCode
from meadow_ui.labels import SubmittedLabel

UNREACHABLE = "gateway-unreachable"
THUMBNAIL_SIDE = 400

logger = logging.getLogger(__name__)


class Stage(StrEnum):
    """Progress of an image, as shown to the visitor."""

    SENDING = "sending"
    WAITING = "waiting"
    CLASSIFYING = "classifying"
    DONE = "done"
    FAILED = "failed"


_STAGES = {
    JobState.QUEUED: Stage.WAITING,
    JobState.RUNNING: Stage.CLASSIFYING,
    JobState.SUCCEEDED: Stage.DONE,
}


@dataclass(frozen=True)
class SimilarPicture:
    """A training image that is like the uploaded one."""

    label: str
    similarity: float
    """1 is the same picture."""
    thumbnail: str
    """As a data URI; empty if the image is gone or cannot be decoded."""


@dataclass
class Picture:
    """An uploaded image. The sender's threads change it and the page reads it, one attribute at a time."""

    name: str
    data: bytes
    """Kept, space permitting, until the image is cleared: for a retry, or to be submitted with a label."""
    thumbnail: str = ""
    explain: bool = False
    """Whether to request an explanation."""
    overlay: str = ""
    """The explanation drawn over the image, as a data URI."""
    similar: tuple[SimilarPicture, ...] = ()
    """Training images, the most similar first; found for explained images."""
    job: Job | None = None
    error: JobError | None = None
    dropped: bool = False
    """Cleared from the page: the result is no longer needed."""
    number: int = 0
    """Unique among the visitor's images."""
    submitted_label: SubmittedLabel | None = None
    submit_error: str = ""
    """Why the last label could not be submitted."""
    tries: int = 0
    """Number of labels submitted, failed ones included."""
    changing: bool = False
    """Whether the visitor is changing the submitted label."""

    @property
    def stage(self) -> Stage:
        """Progress so far."""
        if self.error is not None:
            return Stage.FAILED
        return _STAGES.get(self.job.state, Stage.FAILED) if self.job else Stage.SENDING

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.stage in {Stage.DONE, Stage.FAILED}

    @property
    def prediction(self) -> Prediction | None:
        """The prediction, once there is one."""
        result = self.job.result if self.job else None
        return result if isinstance(result, Prediction) else None

    @property
    def unexplained(self) -> str:
        """Why a requested explanation is missing; empty otherwise."""
        explanation = self.job.explanation if self.job else None
        return explanation.detail if explanation and explanation.state is ExplanationState.UNAVAILABLE else ""

    @property
    def unsure(self) -> bool:
        """Whether the model is not confident in any class."""
        return self.prediction is not None and self.prediction.decision is Decision.UNSURE

    @property
    def unknown(self) -> bool:
        """Whether the model found the image out of distribution."""
        return self.prediction is not None and self.prediction.decision is Decision.UNKNOWN

    def progress(self, job: Job) -> None:
        """Record the state of the job."""
        if job.state.is_final and job.state is not JobState.SUCCEEDED:
            self.error = job.error or JobError(code=job.state, detail=f"The job was {job.state}.")
        self.job = job

    def fail(self, error: Exception) -> None:
        """Record a failed request, or an internal error of the pages."""
        match error:
            case ApiProblem():
                self.error = JobError(code=error.code, detail=str(error))
            case ClientError():
                self.error = JobError(code=UNREACHABLE, detail=str(error))
            case _:
                self.error = JobError(
                    code=ProblemCode.INTERNAL, detail="Internal error of the web pages. See their log."
                )

    def reset(self) -> None:
        """Forget the failure before a retry."""
        self.error, self.job, self.overlay, self.similar = None, None, "", ()


def thumbnail(data: bytes, *, max_pixels: int, side: int = THUMBNAIL_SIDE) -> str:
    """A small version as a data URI, or "" if the image cannot be decoded: the gateway reports why."""
    try:
        small = small_picture(data, side, max_pixels=max_pixels, over_white=False)
    except ImageRejectedError as error:
        logger.info("No thumbnail: %s", error)
        return ""
    file = io.BytesIO()
    small.save(file, "WEBP", quality=78)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
