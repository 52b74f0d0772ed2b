"""Every way a request, a job or an item can go wrong, as RFC 9457 problem types.

The `code` is the stable name that clients compare; the gateway turns a `ProblemError` into
`application/problem+json`, workers store it as a job's or an item's error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem: its code, its HTTP status and its title."""

    code: str
    status: int
    title: str


class ProblemTypes:
    """The catalogue."""

    INVALID_REQUEST = ProblemType("invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid")
    MALFORMED = ProblemType("malformed-request", HTTPStatus.BAD_REQUEST, "The request cannot be read")
    UNAUTHENTICATED = ProblemType("unauthenticated", HTTPStatus.UNAUTHORIZED, "An API key is needed")
    FOREIGN_PAGE = ProblemType("foreign-page", HTTPStatus.FORBIDDEN, "It may be another site's page that asks")
    NOT_FOUND = ProblemType("not-found", HTTPStatus.NOT_FOUND, "There is no such thing")
    METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "Not done with this method")
    JOB_GONE = ProblemType("job-gone", HTTPStatus.GONE, "The job's record is past its retention")
    JOB_FINISHED = ProblemType("job-finished", HTTPStatus.CONFLICT, "The job is finished")
    JOB_NOT_FINISHED = ProblemType("job-not-finished", HTTPStatus.CONFLICT, "The job is not finished")
    BATCH_SEALED = ProblemType("batch-sealed", HTTPStatus.CONFLICT, "The batch takes no more packs")
    IDEMPOTENCY_KEY_REUSED = ProblemType(
        "idempotency-key-reused",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The idempotency key belongs to another request",
    )
    TOO_LARGE = ProblemType("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The upload is too large")
    UNSUPPORTED_TYPE = ProblemType("unsupported-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The type is not read here")
    IMAGE_UNDECODABLE = ProblemType("image-undecodable", HTTPStatus.UNPROCESSABLE_ENTITY, "The image cannot be decoded")
    TOO_MANY_PIXELS = ProblemType("too-many-pixels", HTTPStatus.UNPROCESSABLE_ENTITY, "The image has too many pixels")
    PACK_INVALID = ProblemType("pack-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "The pack cannot be read")
    WEBHOOK_REFUSED = ProblemType("webhook-refused", HTTPStatus.UNPROCESSABLE_ENTITY, "The webhook is not accepted")
    UNKNOWN_LABEL = ProblemType("unknown-label", HTTPStatus.UNPROCESSABLE_ENTITY, "The model has no such class")
    SOURCE_EMPTY = ProblemType("source-empty", HTTPStatus.UNPROCESSABLE_ENTITY, "There are no images in the source")
    SOURCE_UNREADABLE = ProblemType("source-unreadable", HTTPStatus.UNPROCESSABLE_ENTITY, "The source cannot be read")
    IMAGE_GONE = ProblemType("image-gone", HTTPStatus.CONFLICT, "The image is not kept any more")
    ZIP_INVALID = ProblemType("zip-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "The zip cannot be read")
    ZIP_TOO_LARGE = ProblemType("zip-too-large", HTTPStatus.UNPROCESSABLE_ENTITY, "The zip holds more than we read")
    ZIP_ENTRY_REFUSED = ProblemType("zip-entry-refused", HTTPStatus.UNPROCESSABLE_ENTITY, "The zip's entry is not read")
    OVERLOADED = ProblemType("overloaded", HTTPStatus.SERVICE_UNAVAILABLE, "More work waits than is admitted")
    UNAVAILABLE = ProblemType("unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "A part that is needed does not answer")
    NO_MODEL = ProblemType("no-model", HTTPStatus.NOT_FOUND, "No model is in production yet")
    PROMOTION_REFUSED = ProblemType("promotion-refused", HTTPStatus.CONFLICT, "Production is left as it is")
    WORKER_LOST = ProblemType("worker-lost", HTTPStatus.INTERNAL_SERVER_ERROR, "The job killed its workers")
    TRAINING_FAILED = ProblemType("training-failed", HTTPStatus.INTERNAL_SERVER_ERROR, "The training run failed")
    INGEST_FAILED = ProblemType("ingest-failed", HTTPStatus.INTERNAL_SERVER_ERROR, "The ingestion failed")
    INTERNAL = ProblemType("internal", HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side")


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


class ProblemError(Exception):
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
