"""The system at a glance: queues and workers."""

from datetime import datetime

from pydantic import BaseModel, Field

from meadow.schemas.models import ModelRef, RefusedModel


class WorkerStatus(BaseModel):
    """What one worker process serves."""

    worker: str
    engine: str
    model: ModelRef | None
    refused: RefusedModel | None = Field(
        None, description="The version in production, if its host does not serve that: what it served before goes on."
    )
    seen_at: datetime


class QueueStatus(BaseModel):
    """How much waits in a queue."""

    name: str
    depth: int
    oldest_age_seconds: float | None


class SystemStatus(BaseModel):
    """The system at a glance: queues, workers, and the model in production."""

    queues: list[QueueStatus]
    workers: list[WorkerStatus]
    inflight_bytes: int
