"""The job as its submitter sees it, and the states it goes through."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from meadow.schemas.explanations import Explanation
from meadow.schemas.feedback import Feedback
from meadow.schemas.ingestion import IngestResult
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow.schemas.training import TrainingCause, TrainingResult
from meadow.schemas.webhook import Webhook

JobResult = Prediction | TrainingResult | IngestResult
"""What a job of each kind is answered with; a batch's results are items of their own."""


class JobState(StrEnum):
    """`queued -> running -> succeeded | failed | cancelled | expired`."""

    QUEUED = "queued"
    """Accepted; no worker has it yet."""
    RUNNING = "running"
    """A worker holds its lease."""
    SUCCEEDED = "succeeded"
    """Answered. A batch with some bad images is succeeded too: its items say which."""
    FAILED = "failed"
    """Could not be done; `error` says why."""
    CANCELLED = "cancelled"
    """Stopped on request."""
    EXPIRED = "expired"
    """Waited past its deadline without an answer."""

    @property
    def is_final(self) -> bool:
        """Whether the job will never change again."""
        return self not in ACTIVE_STATES


ACTIVE_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})


class JobKind(StrEnum):
    """What a job asks for."""

    CLASSIFICATION = "classification"
    BATCH = "batch"
    TRAINING = "training"
    INGEST = "ingest"


class Progress(BaseModel):
    """How far a job has come. The unit is an epoch for training runs, else an image."""

    total: int | None = None
    done: int = 0
    failed: int = 0
    classes: dict[str, int] = Field(default_factory=dict, description="Images per predicted class.")
    rate: float | None = Field(None, description="Units a second since the job was started.")
    eta_seconds: float | None = Field(None, description="How much longer it will take at that rate.")
    message: str = ""


class JobError(BaseModel):
    """Why a job or an item failed: a problem code, and a sentence that says what to do."""

    code: str
    detail: str


class Links(BaseModel):
    """Where to go from a job."""

    self: str
    cancel: str
    results: str | None = None
    explanation: str | None = None


class Job(BaseModel):
    """A job's record, the truth about it."""

    model_config = ConfigDict(protected_namespaces=())

    id: str
    kind: JobKind
    state: JobState
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = Field(None, description="When the record of a finished job is deleted.")
    attempts: int = 0
    model: ModelRef | None = Field(None, description="Null until a worker has pinned the version.")
    progress: Progress | None = None
    sealed: bool | None = Field(None, description="Batches: whether all packs are in.")
    passed_over: dict[str, int] = Field(
        default_factory=dict,
        description="Batches with a source: how many files of it are no images, by suffix or by what they are.",
        examples=[{".txt": 3, "hidden or system folder": 1}],
    )
    result: JobResult | None = None
    error: JobError | None = None
    explanation: Explanation | None = Field(None, description="Classifications: null when none was asked for.")
    name: str = Field("", description="File name or label that the submitter gave.")
    fingerprint: str = Field("", description="Batches: what the submitter calls the set of images, to find it again.")
    cause: TrainingCause | None = Field(None, description="Training runs: why it was started.")
    feedback: Feedback | None = Field(None, description="Classifications: what a person said of the answer.")
    webhook: Webhook | None = Field(None, description="What has become of the webhook; null when none was asked for.")
    links: Links

    @property
    def prediction(self) -> Prediction | None:
        """The answer of a classification that has succeeded; None for every other job."""
        return self.result if isinstance(self.result, Prediction) else None


class JobPage(BaseModel):
    """A page of jobs, newest first."""

    jobs: list[Job]
    next_page_token: str = Field("", description="Empty at the end.")
