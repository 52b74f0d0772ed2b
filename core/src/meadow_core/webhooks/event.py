"""What a webhook says: that a job has ended, and where to read more."""

from datetime import datetime

from pydantic import BaseModel

from meadow.schemas.jobs import Job, JobKind, JobState, Links


class JobEnded(BaseModel):
    """Which job ended, and how. Its answer is read from the gateway, by whoever has a key."""

    id: str
    kind: JobKind
    state: JobState
    links: Links


class WebhookEvent(BaseModel):
    """The body of a call. It is the same, byte for byte, at each attempt."""

    type: str
    timestamp: datetime
    data: JobEnded

    @classmethod
    def of(cls, job: Job) -> "WebhookEvent":
        """Describe a finished job."""
        ended = JobEnded(id=job.id, kind=job.kind, state=job.state, links=job.links)
        return cls(type=f"job.{job.state}", timestamp=job.finished_at or job.created_at, data=ended)
