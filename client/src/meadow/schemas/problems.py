"""Every way a request, a job or an item can go wrong, as clients hear of it (RFC 9457)."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class ProblemCode(StrEnum):
    """The stable names of problems, which clients compare."""

    INVALID_REQUEST = "invalid-request"
    MALFORMED = "malformed-request"
    UNAUTHENTICATED = "unauthenticated"
    FOREIGN_PAGE = "foreign-page"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    JOB_GONE = "job-gone"
    JOB_FINISHED = "job-finished"
    JOB_NOT_FINISHED = "job-not-finished"
    BATCH_SEALED = "batch-sealed"
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused"
    TOO_LARGE = "too-large"
    UNSUPPORTED_TYPE = "unsupported-type"
    IMAGE_UNDECODABLE = "image-undecodable"
    TOO_MANY_PIXELS = "too-many-pixels"
    PACK_INVALID = "pack-invalid"
    WEBHOOK_REFUSED = "webhook-refused"
    UNKNOWN_LABEL = "unknown-label"
    SOURCE_EMPTY = "source-empty"
    SOURCE_UNREADABLE = "source-unreadable"
    IMAGE_GONE = "image-gone"
    ZIP_INVALID = "zip-invalid"
    ZIP_TOO_LARGE = "zip-too-large"
    ZIP_ENTRY_REFUSED = "zip-entry-refused"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    NO_MODEL = "no-model"
    PROMOTION_REFUSED = "promotion-refused"
    WORKER_LOST = "worker-lost"
    TRAINING_FAILED = "training-failed"
    INGEST_FAILED = "ingest-failed"
    INTERNAL = "internal"


class FieldError(BaseModel):
    """What is wrong with one part of a request."""

    location: str
    detail: str


class Problem(BaseModel):
    """The body of an error response (RFC 9457, with `code`, `request_id` and `errors` as extensions)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""
    code: str
    request_id: str = ""
    errors: list[FieldError] = []
