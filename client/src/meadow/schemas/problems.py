"""Every way a request, a job or an item can go wrong, as RFC 9457 problem types.

The `code` is the stable name that clients compare; the gateway turns a `ProblemError` into
`application/problem+json`, workers store it as a job's or an item's error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict

from meadow.errors import MeadowError


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem: its code, its HTTP status and its title."""

    code: str
    status: int
    title: str


class ProblemTypes:
    """The catalogue."""

    INVALID_REQUEST = ProblemType("invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid request")
    MALFORMED = ProblemType("malformed-request", HTTPStatus.BAD_REQUEST, "Malformed request")
    UNAUTHENTICATED = ProblemType("unauthenticated", HTTPStatus.UNAUTHORIZED, "API key required")
    FOREIGN_PAGE = ProblemType("foreign-page", HTTPStatus.FORBIDDEN, "Cross-site request refused")
    NOT_FOUND = ProblemType("not-found", HTTPStatus.NOT_FOUND, "Not found")
    METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed")
    JOB_GONE = ProblemType("job-gone", HTTPStatus.GONE, "Job record expired")
    JOB_FINISHED = ProblemType("job-finished", HTTPStatus.CONFLICT, "Job already finished")
    JOB_NOT_FINISHED = ProblemType("job-not-finished", HTTPStatus.CONFLICT, "Job not finished")
    BATCH_SEALED = ProblemType("batch-sealed", HTTPStatus.CONFLICT, "Batch already sealed")
    IDEMPOTENCY_KEY_REUSED = ProblemType(
        "idempotency-key-reused",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Idempotency key used for another request",
    )
    TOO_LARGE = ProblemType("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Upload too large")
    UNSUPPORTED_TYPE = ProblemType("unsupported-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported media type")
    IMAGE_UNDECODABLE = ProblemType("image-undecodable", HTTPStatus.UNPROCESSABLE_ENTITY, "Image cannot be decoded")
    TOO_MANY_PIXELS = ProblemType("too-many-pixels", HTTPStatus.UNPROCESSABLE_ENTITY, "Image has too many pixels")
    PACK_INVALID = ProblemType("pack-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid pack")
    WEBHOOK_REFUSED = ProblemType("webhook-refused", HTTPStatus.UNPROCESSABLE_ENTITY, "Webhook refused")
    UNKNOWN_LABEL = ProblemType("unknown-label", HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown class")
    SOURCE_EMPTY = ProblemType("source-empty", HTTPStatus.UNPROCESSABLE_ENTITY, "No images in the source")
    SOURCE_UNREADABLE = ProblemType("source-unreadable", HTTPStatus.UNPROCESSABLE_ENTITY, "Source cannot be read")
    IMAGE_GONE = ProblemType("image-gone", HTTPStatus.CONFLICT, "Image no longer available")
    ZIP_INVALID = ProblemType("zip-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid zip archive")
    ZIP_TOO_LARGE = ProblemType("zip-too-large", HTTPStatus.UNPROCESSABLE_ENTITY, "Zip archive exceeds a limit")
    ZIP_ENTRY_REFUSED = ProblemType("zip-entry-refused", HTTPStatus.UNPROCESSABLE_ENTITY, "Zip entry refused")
    OVERLOADED = ProblemType("overloaded", HTTPStatus.SERVICE_UNAVAILABLE, "Overloaded")
    UNAVAILABLE = ProblemType("unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Required service unavailable")
    NO_MODEL = ProblemType("no-model", HTTPStatus.NOT_FOUND, "No model in production")
    PROMOTION_REFUSED = ProblemType("promotion-refused", HTTPStatus.CONFLICT, "Promotion refused")
    WORKER_LOST = ProblemType("worker-lost", HTTPStatus.INTERNAL_SERVER_ERROR, "Worker process lost")
    TRAINING_FAILED = ProblemType("training-failed", HTTPStatus.INTERNAL_SERVER_ERROR, "Training run failed")
    INGEST_FAILED = ProblemType("ingest-failed", HTTPStatus.INTERNAL_SERVER_ERROR, "Ingestion failed")
    INTERNAL = ProblemType("internal", HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error")


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    entry.code: entry for entry in vars(ProblemTypes).values() if isinstance(entry, ProblemType)
}


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


class ProblemError(MeadowError):
    """Raised where something goes wrong that a client should hear about."""

    def __init__(
        self,
        problem: ProblemType,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: list[FieldError] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = errors or []
