"""The gateway's answers, as far as the DAGs read them; more fields may come, and do not matter."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FINAL_STATES = frozenset({"succeeded", "failed", "cancelled", "expired"})

Cause = Literal["manual", "new-data", "schedule", "drift", "performance"]
Verdict = Literal["ok", "drift", "performance-drop", "too-few"]


class Answer(BaseModel):
    """Any answer."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())


class ModelRef(Answer):
    """A model version; the digest is the artefact's own."""

    name: str
    version: str
    digest: str


class JobError(Answer):
    """Why a job failed."""

    code: str
    detail: str


class Progress(Answer):
    """How far a job has come."""

    done: int = 0
    total: int | None = None
    message: str = ""


class Job(Answer):
    """A job of any kind."""

    id: str
    kind: str
    state: str
    created_at: datetime
    finished_at: datetime | None = None
    progress: Progress | None = None
    cause: str | None = None
    model: ModelRef | None = None
    result: dict[str, object] | None = None
    error: JobError | None = None

    @property
    def is_final(self) -> bool:
        """Whether it will never change again."""
        return self.state in FINAL_STATES


class JobPage(Answer):
    """Some jobs, newest first."""

    jobs: list[Job]
    next_page_token: str = ""


class TrainingResult(Answer):
    """What a training run led to."""

    run_url: str = ""
    model: ModelRef
    holdout_accuracy: float
    champion_accuracy: float | None = None
    champion_version: str = ""
    gain: float | None = None
    decision: Literal["promoted", "kept", "refused"]
    reason: str


class IngestResult(Answer):
    """What an ingestion led to."""

    dataset: str
    version: str
    changed: bool
    images: int
    added: int = 0
    removed: int = 0
    rejected: dict[str, int] = Field(default_factory=dict)
    report: str = ""


class Dataset(Answer):
    """The newest version of a data set."""

    name: str
    digest: str


class Changes(Answer):
    """How many images differ between two versions of a data set."""

    version: str
    added: int
    removed: int
    relabelled: int


class CurrentModel(Answer):
    """The model in production."""

    ref: ModelRef
    dataset_digest: str = ""
    classes: list[str] = Field(default_factory=list)


class RefusedModel(Answer):
    """A version that a worker does not serve, and why."""

    model: ModelRef
    reason: str


class Worker(Answer):
    """One worker process."""

    worker: str
    model: ModelRef | None = None
    refused: RefusedModel | None = None


class SystemStatus(Answer):
    """The workers that are alive."""

    workers: list[Worker]


class Quality(Answer):
    """How well the model in production does on what it is asked."""

    verdict: Verdict
    reasons: list[str] = Field(default_factory=list)
    model: ModelRef | None = None
