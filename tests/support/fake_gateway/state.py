"""What a fake gateway knows; a test sets it up as it likes, and may change it at any time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fake_gateway.answers import classify_by_name
from meadow.schemas.correction import Correction
from meadow.schemas.dataset_diff import DatasetChanges
from meadow.schemas.dataset_images import DatasetImage
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.explanations import Explanation, ExplanationState
from meadow.schemas.ingestion import IngestRequest
from meadow.schemas.jobs import Job, JobError
from meadow.schemas.label_suspects import LabelSuspects
from meadow.schemas.models import ModelInfo
from meadow.schemas.predictions import Prediction
from meadow.schemas.quality import QualityReport
from meadow.schemas.readiness import Check, Readiness
from meadow.schemas.review import ReviewItem
from meadow.schemas.similar_images import SimilarImages
from meadow.schemas.status import SystemStatus
from meadow.schemas.training import TrainingRequest

Classify = Callable[[bytes, str], Prediction | JobError]


@dataclass
class Submitted:
    """An image that was submitted, and when its answer is there."""

    job: Job
    image: bytes
    ready_at: datetime
    outcome: Prediction | JobError


@dataclass
class GatewayState:
    """All of it."""

    api_key: str = ""
    """Asked for if there is one."""
    model: ModelInfo | None = None
    models: list[ModelInfo] = field(default_factory=list)
    status: SystemStatus = field(default_factory=lambda: SystemStatus(queues=[], workers=[], inflight_bytes=0))
    readiness: Readiness = field(
        default_factory=lambda: Readiness(status="ready", checks={"redis": Check(ok=True, detail="answers")})
    )
    jobs: list[Job] = field(default_factory=list)
    submitted: dict[str, Submitted] = field(default_factory=dict)
    refusal: tuple[str, int, str] | None = None
    """Code, status and detail of the problem that meets every submission."""
    classify: Classify = classify_by_name
    explanation: Explanation = field(default_factory=lambda: Explanation(state=ExplanationState.READY))
    """What comes of the explanations that are asked for."""
    seconds_per_image: float = 0.0
    """How long one image takes; they are done one after another."""

    corrections: list[Correction] = field(default_factory=list)
    images_gone: bool = False
    """Whether the images of answered jobs are not kept any more."""
    reviews: list[ReviewItem] = field(default_factory=list)
    """Newest first."""
    review_images: dict[str, bytes] = field(default_factory=dict)
    quality: dict[int, QualityReport] = field(default_factory=dict)
    """By the hours of the window; there is an empty one for all others."""
    quality_problem: tuple[str, int, str] | None = None
    """What meets those who ask for it."""

    datasets: list[DatasetDetail] = field(default_factory=list)
    reports: dict[str, bytes] = field(default_factory=dict)
    """By the digest of a version."""
    changes: dict[str, DatasetChanges] = field(default_factory=dict)
    """What changed since a version, by its digest; since all others, nothing did."""
    similar_images: SimilarImages | None = None
    """Of every answered image."""
    dataset_images: dict[str, list[DatasetImage]] = field(default_factory=dict)
    """By the digest of a version."""
    image_bytes: dict[str, bytes] = field(default_factory=dict)
    """By the digest of an image."""
    label_suspects: dict[str, LabelSuspects] = field(default_factory=dict)
    """By the name of the data set, of those that were trained on."""
    ingestions: list[IngestRequest] = field(default_factory=list)
    """Those that were asked for."""
    trainings: list[TrainingRequest] = field(default_factory=list)

    @property
    def all_jobs(self) -> list[Job]:
        """Jobs that a test put there, and those that were submitted, newest first."""
        return [*(one.job for one in reversed(self.submitted.values())), *self.jobs]


def make_job(number: str, **fields: object) -> dict[str, object]:
    """The fields of a job that has just been accepted, for `Job.model_validate`."""
    links = {"self": f"/v1/jobs/{number}", "cancel": f"/v1/jobs/{number}:cancel"}
    return {"id": number, "state": "queued", "created_at": datetime.now(UTC), "links": links, **fields}
