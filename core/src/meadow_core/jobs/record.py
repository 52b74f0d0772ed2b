"""Between a job's hash in Redis and the `Job` that clients see."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from meadow.schemas.explanations import Explanation, ExplanationState
from meadow.schemas.feedback import Feedback
from meadow.schemas.jobs import Job, JobError, JobKind, JobResult, JobState, Links
from meadow.schemas.models import ModelRef
from meadow.schemas.queues import BATCH_QUEUE, INTERACTIVE_QUEUE, TRAINING_QUEUE
from meadow.schemas.training import TrainingCause
from meadow.schemas.webhook import Webhook, WebhookState
from meadow_core.jobs.progress import progress_of

QUEUE_OF_KIND = {
    JobKind.CLASSIFICATION: INTERACTIVE_QUEUE,
    JobKind.BATCH: BATCH_QUEUE,
    JobKind.TRAINING: TRAINING_QUEUE,
    JobKind.INGEST: TRAINING_QUEUE,
}

CAUSE = "cause"
"""Field of a record: why a training run was started, a `TrainingCause`."""
FEEDBACK = "feedback"
"""Field of a record: what a person said of the answer, a `Feedback`."""
EXPLAIN = "explain"
"""Field of a record: the submitter asked for an explanation."""
EXPLAINING = "explaining"
"""Field of a record: the attempt that has begun to explain the answer."""
EXPLANATION = "explanation"
"""Field of a record: what has become of it, an `Explanation`."""

PASSED_OVER = "passed_over"
"""Field of a record: what the source of a batch holds beside images, counts in JSON."""

_RESULT: TypeAdapter[JobResult] = TypeAdapter(JobResult)


def text(value: object) -> str:
    """Read a reply's value as text, which the client library gives as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def pairs_to_record(flat: Iterable[object]) -> dict[str, str]:
    """Turn the flat list that HGETALL gives inside a script into a record."""
    fields = iter(flat)
    return {text(key): text(value) for key, value in zip(fields, fields, strict=True)}


def decode_hash(raw: Mapping[Any, Any]) -> dict[str, str]:
    """Decode a hash as the client library returns it."""
    return {text(key): text(value) for key, value in raw.items()}


def model_of(record: Mapping[str, str]) -> ModelRef | None:
    """Return the model version that the record is pinned to, if any."""
    if "model_version" not in record:
        return None
    return ModelRef(name=record["model_name"], version=record["model_version"], digest=record["model_digest"])


def passed_over_of(record: Mapping[str, str]) -> dict[str, int]:
    """Return what the source of a batch holds beside images, as far as it is read."""
    return {name: int(count) for name, count in json.loads(record.get(PASSED_OVER, "{}")).items()}


def waited_seconds(record: Mapping[str, str]) -> float:
    """Return how long a claimed job had waited for its first attempt, by the clock of Redis alone."""
    return (int(record["started_at"]) - int(record["created_at"])) / 1000


def to_job(record: Mapping[str, str], classes: Mapping[str, str] | None = None, *, now: datetime | None = None) -> Job:
    """Build the client's view of a record.

    Args:
        record: The job's hash.
        classes: Predicted class -> count, for a batch.
        now: The end of the time that a running job's rate is counted over.
    """
    job_id = record["id"]
    kind = JobKind(record["kind"])
    started, finished = _time(record.get("started_at")), _time(record.get("finished_at"))
    seconds = ((finished or now or datetime.now(UTC)) - started).total_seconds() if started else 0.0
    self_link = f"/v1/jobs/{job_id}"
    is_batch = kind is JobKind.BATCH
    return Job(
        id=job_id,
        kind=kind,
        state=JobState(record["state"]),
        created_at=datetime.fromtimestamp(int(record["created_at"]) / 1000, UTC),
        started_at=started,
        finished_at=finished,
        expires_at=_time(record.get("expires_at")),
        attempts=max(int(record.get("attempts", 0)) - int(record.get("forgiven", 0)), 0),
        model=model_of(record),
        progress=None if kind is JobKind.CLASSIFICATION else progress_of(record, classes or {}, seconds),
        sealed="packs" in record if is_batch else None,
        passed_over=passed_over_of(record),
        result=_RESULT.validate_json(record["result"]) if "result" in record else None,
        error=JobError.model_validate_json(record["error"]) if "error" in record else None,
        explanation=_explanation(record) if EXPLAIN in record else None,
        name=record.get("name", ""),
        fingerprint=record.get("fingerprint", ""),
        cause=TrainingCause(record[CAUSE]) if CAUSE in record else None,
        feedback=Feedback.model_validate_json(record[FEEDBACK]) if FEEDBACK in record else None,
        webhook=_webhook(record) if "webhook_url" in record else None,
        links=Links(
            self=self_link,
            cancel=f"{self_link}:cancel",
            results=f"{self_link}/results" if is_batch else None,
            explanation=f"{self_link}/explanation" if EXPLAIN in record else None,
        ),
    )


def _explanation(record: Mapping[str, str]) -> Explanation:
    if EXPLANATION in record:
        return Explanation.model_validate_json(record[EXPLANATION])
    if JobState(record["state"]).is_final:
        return Explanation(state=ExplanationState.UNAVAILABLE, detail="There is no answer to explain.")
    return Explanation(state=ExplanationState.PENDING)


def _webhook(record: Mapping[str, str]) -> Webhook:
    status = record.get("webhook_status")
    return Webhook(
        state=WebhookState(record.get("webhook_state", WebhookState.PENDING)),
        attempts=int(record.get("webhook_attempts", 0)),
        last_status=int(status) if status else None,
    )


def _time(milliseconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
