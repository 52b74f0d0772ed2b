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
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.progress import progress_of

QUEUE_OF_KIND = {
    JobKind.CLASSIFICATION: INTERACTIVE_QUEUE,
    JobKind.BATCH: BATCH_QUEUE,
    JobKind.TRAINING: TRAINING_QUEUE,
    JobKind.INGEST: TRAINING_QUEUE,
}

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
    if JobField.MODEL_VERSION not in record:
        return None
    return ModelRef(
        name=record[JobField.MODEL_NAME], version=record[JobField.MODEL_VERSION], digest=record[JobField.MODEL_DIGEST]
    )


def passed_over_of(record: Mapping[str, str]) -> dict[str, int]:
    """Return what the source of a batch holds beside images, as far as it is read."""
    return {name: int(count) for name, count in json.loads(record.get(JobField.PASSED_OVER, "{}")).items()}


def waited_seconds(record: Mapping[str, str]) -> float:
    """Return how long a claimed job had waited for its first attempt, by the clock of Redis alone."""
    return (int(record[JobField.STARTED_AT]) - int(record[JobField.CREATED_AT])) / 1000


def to_job(record: Mapping[str, str], classes: Mapping[str, str] | None = None, *, now: datetime | None = None) -> Job:
    """Build the client's view of a record.

    Args:
        record: The job's hash.
        classes: Predicted class -> count, for a batch.
        now: The end of the time that a running job's rate is counted over.
    """
    job_id = record[JobField.ID]
    kind = JobKind(record[JobField.KIND])
    started, finished = _time(record.get(JobField.STARTED_AT)), _time(record.get(JobField.FINISHED_AT))
    seconds = ((finished or now or datetime.now(UTC)) - started).total_seconds() if started else 0.0
    self_link = f"/v1/jobs/{job_id}"
    is_batch = kind is JobKind.BATCH
    return Job(
        id=job_id,
        kind=kind,
        state=JobState(record[JobField.STATE]),
        created_at=datetime.fromtimestamp(int(record[JobField.CREATED_AT]) / 1000, UTC),
        started_at=started,
        finished_at=finished,
        expires_at=_time(record.get(JobField.EXPIRES_AT)),
        attempts=max(int(record.get(JobField.ATTEMPTS, 0)) - int(record.get(JobField.FORGIVEN, 0)), 0),
        model=model_of(record),
        progress=None if kind is JobKind.CLASSIFICATION else progress_of(record, classes or {}, seconds),
        sealed=JobField.PACKS in record if is_batch else None,
        passed_over=passed_over_of(record),
        result=_RESULT.validate_json(record[JobField.RESULT]) if JobField.RESULT in record else None,
        error=JobError.model_validate_json(record[JobField.ERROR]) if JobField.ERROR in record else None,
        explanation=_explanation(record) if JobField.EXPLAIN in record else None,
        name=record.get(JobField.NAME, ""),
        fingerprint=record.get(JobField.FINGERPRINT, ""),
        cause=TrainingCause(record[JobField.CAUSE]) if JobField.CAUSE in record else None,
        feedback=Feedback.model_validate_json(record[JobField.FEEDBACK]) if JobField.FEEDBACK in record else None,
        webhook=_webhook(record) if JobField.WEBHOOK_URL in record else None,
        links=Links(
            self=self_link,
            cancel=f"{self_link}:cancel",
            results=f"{self_link}/results" if is_batch else None,
            explanation=f"{self_link}/explanation" if JobField.EXPLAIN in record else None,
        ),
    )


def _explanation(record: Mapping[str, str]) -> Explanation:
    if JobField.EXPLANATION in record:
        return Explanation.model_validate_json(record[JobField.EXPLANATION])
    if JobState(record[JobField.STATE]).is_final:
        return Explanation(state=ExplanationState.UNAVAILABLE, detail="There is no answer to explain.")
    return Explanation(state=ExplanationState.PENDING)


def _webhook(record: Mapping[str, str]) -> Webhook:
    status = record.get(JobField.WEBHOOK_STATUS)
    return Webhook(
        state=WebhookState(record.get(JobField.WEBHOOK_STATE, WebhookState.PENDING)),
        attempts=int(record.get(JobField.WEBHOOK_ATTEMPTS, 0)),
        last_status=int(status) if status else None,
    )


def _time(milliseconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
