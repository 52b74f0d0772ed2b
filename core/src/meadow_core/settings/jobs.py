"""Settings of jobs: how many wait, how long they are kept, and when they are tried again."""

from pydantic import Field

from meadow.settings import EnvironmentSettings
from meadow.sizes import MEBIBYTE


class JobSettings(EnvironmentSettings):
    """Limits, lifetimes and attempts of jobs."""

    max_queue_depth: int = Field(
        10_000, gt=0, description="Messages that a queue may hold before submissions get a 503."
    )
    max_inflight_bytes: int = Field(
        256 * MEBIBYTE, gt=0, description="Image bytes that Redis may hold before submissions get a 503."
    )
    job_retention_seconds: int = Field(86_400, gt=0, description="How long finished classifications are kept.")
    batch_retention_seconds: int = Field(
        7 * 86_400, gt=0, description="How long finished batches and training runs are kept."
    )
    idempotency_seconds: int = Field(86_400, gt=0, description="How long an `Idempotency-Key` is remembered.")
    job_deadline_seconds: int = Field(3_600, gt=0, description="Jobs that wait longer than this expire.")
    lease_seconds: float = Field(
        10.0, gt=0, description="Time without a heartbeat after which a running job is retried."
    )
    max_attempts: int = Field(3, ge=1, description="Attempts after which a job that crashes its worker fails.")
    task_events: bool = Field(default=True, description="Whether to send Celery events for Flower.")
    feedback_image_seconds: int = Field(
        900, ge=0, description="How long the image of a finished job stays in Redis for feedback; 0 to drop it at once."
    )
    feedback_image_bytes: int = Field(
        64 * MEBIBYTE, ge=0, description="Total size of these images; the oldest are dropped first."
    )
