"""What several routes answer alike."""

from typing import Any

from fastapi import Response

from meadow.schemas.jobs import Job

RETRY_AFTER_SECONDS = 1
PRIVATE = "private, no-cache"
"""`Cache-Control` of what belongs to one caller."""
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag that was sent."}}
EXAMPLE_JOB = {
    "id": "job_06cpkr3kpg5uvmt4q5o1c82k",
    "kind": "classification",
    "state": "succeeded",
    "created_at": "2026-05-04T09:30:00.000Z",
    "started_at": "2026-05-04T09:30:00.004Z",
    "finished_at": "2026-05-04T09:30:00.013Z",
    "expires_at": "2026-05-05T09:30:00.013Z",
    "attempts": 1,
    "model": {"name": "meadow-classifier", "version": "3", "digest": "9f2c...e1"},
    "progress": None,
    "sealed": None,
    "result": {
        "label": "dandelion",
        "decision": "confident",
        "scores": [{"label": "dandelion", "probability": 0.97}, {"label": "grass", "probability": 0.03}],
        "ood_score": 0.42,
        "width": 275,
        "height": 183,
        "infer_ms": 8.6,
    },
    "error": None,
    "explanation": None,
    "name": "lawn.jpg",
    "webhook": None,
    "links": {
        "self": "/v1/jobs/job_06cpkr3kpg5uvmt4q5o1c82k",
        "cancel": "/v1/jobs/job_06cpkr3kpg5uvmt4q5o1c82k:cancel",
    },
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Name the statuses of the problems that a route may answer with; `openapi.complete` adds those of every route."""
    return {status: {"description": "A problem"} for status in statuses}


def job_example(status: int, description: str) -> dict[int | str, dict[str, Any]]:
    """Describe a job as a response, with an example, for OpenAPI."""
    return {
        status: {
            "model": Job,
            "description": description,
            "content": {"application/json": {"example": EXAMPLE_JOB}},
        }
    }


def is_known(etag: str, if_none_match: str) -> bool:
    """Whether the caller has what the tag stands for, by a list of tags or `*` (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags


def point_to(response: Response, job: Job, *, waited: int = 0) -> None:
    """Say where the job is, when to look again, and that the wait was granted."""
    response.headers["Location"] = job.links.self
    if not job.state.is_final:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if waited:
        response.headers["Preference-Applied"] = f"wait={waited}"
