"""What each problem is in HTTP: its status and its title."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from meadow.schemas.problems import ProblemCode
from meadow_core.errors import ProblemError


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem."""

    code: str
    status: HTTPStatus
    title: str


class HttpProblemError(ProblemError):
    """A problem of HTTP itself: its answer needs headers of its own, or its status is none that Meadow gives."""

    def __init__(
        self, code: ProblemCode, detail: str, *, headers: Mapping[str, str], kind: ProblemType | None = None
    ) -> None:
        super().__init__(code, detail)
        self.headers = dict(headers)
        self.kind = kind


def type_of(error: ProblemError) -> ProblemType:
    """Tell what a problem is in HTTP."""
    kind = error.kind if isinstance(error, HttpProblemError) else None
    return kind or PROBLEM_TYPES[error.code]


def headers_of(error: ProblemError) -> dict[str, str]:
    """Return the headers that go with a problem."""
    headers = dict(error.headers) if isinstance(error, HttpProblemError) else {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return headers


PROBLEM_TYPES: Mapping[ProblemCode, ProblemType] = {
    code: ProblemType(code, status, title)
    for code, status, title in (
        (ProblemCode.INVALID_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid request"),
        (ProblemCode.MALFORMED, HTTPStatus.BAD_REQUEST, "Malformed request"),
        (ProblemCode.UNAUTHENTICATED, HTTPStatus.UNAUTHORIZED, "API key required"),
        (ProblemCode.FOREIGN_PAGE, HTTPStatus.FORBIDDEN, "Cross-site request refused"),
        (ProblemCode.NOT_FOUND, HTTPStatus.NOT_FOUND, "Not found"),
        (ProblemCode.METHOD_NOT_ALLOWED, HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed"),
        (ProblemCode.JOB_GONE, HTTPStatus.GONE, "Job record expired"),
        (ProblemCode.JOB_FINISHED, HTTPStatus.CONFLICT, "Job already finished"),
        (ProblemCode.JOB_NOT_FINISHED, HTTPStatus.CONFLICT, "Job not finished"),
        (ProblemCode.BATCH_SEALED, HTTPStatus.CONFLICT, "Batch already sealed"),
        (
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "Idempotency key used for another request",
        ),
        (ProblemCode.TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Upload too large"),
        (ProblemCode.UNSUPPORTED_TYPE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported media type"),
        (ProblemCode.IMAGE_UNDECODABLE, HTTPStatus.UNPROCESSABLE_ENTITY, "Image cannot be decoded"),
        (ProblemCode.TOO_MANY_PIXELS, HTTPStatus.UNPROCESSABLE_ENTITY, "Image has too many pixels"),
        (ProblemCode.PACK_INVALID, HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid pack"),
        (ProblemCode.WEBHOOK_REFUSED, HTTPStatus.UNPROCESSABLE_ENTITY, "Webhook refused"),
        (ProblemCode.UNKNOWN_LABEL, HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown class"),
        (ProblemCode.SOURCE_EMPTY, HTTPStatus.UNPROCESSABLE_ENTITY, "No images in the source"),
        (ProblemCode.SOURCE_UNREADABLE, HTTPStatus.UNPROCESSABLE_ENTITY, "Source cannot be read"),
        (ProblemCode.IMAGE_GONE, HTTPStatus.CONFLICT, "Image no longer available"),
        (ProblemCode.ZIP_INVALID, HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid zip archive"),
        (ProblemCode.ZIP_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY, "Zip archive exceeds a limit"),
        (ProblemCode.ZIP_ENTRY_REFUSED, HTTPStatus.UNPROCESSABLE_ENTITY, "Zip entry refused"),
        (ProblemCode.OVERLOADED, HTTPStatus.SERVICE_UNAVAILABLE, "Overloaded"),
        (ProblemCode.UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE, "Required service unavailable"),
        (ProblemCode.NO_MODEL, HTTPStatus.NOT_FOUND, "No model in production"),
        (ProblemCode.PROMOTION_REFUSED, HTTPStatus.CONFLICT, "Promotion refused"),
        (ProblemCode.WORKER_LOST, HTTPStatus.INTERNAL_SERVER_ERROR, "Worker process lost"),
        (ProblemCode.TRAINING_FAILED, HTTPStatus.INTERNAL_SERVER_ERROR, "Training run failed"),
        (ProblemCode.INGEST_FAILED, HTTPStatus.INTERNAL_SERVER_ERROR, "Ingestion failed"),
        (ProblemCode.INTERNAL, HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error"),
    )
}
