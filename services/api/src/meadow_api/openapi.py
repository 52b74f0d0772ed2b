"""The OpenAPI description, which says of each route what it really answers."""

from http import HTTPStatus
from typing import Any

from meadow.schemas.problems import Problem
from meadow_api.problem_responses import MEDIA_TYPE

API_PREFIX = "/v1"
SCHEMA_PLACE = "#/components/schemas/{model}"
FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")
"""How FastAPI would answer 422 by itself."""
ANYWHERE = (
    HTTPStatus.UNPROCESSABLE_ENTITY,  # a parameter that is wrong, or given twice
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
WITH_BODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def complete(spec: dict[str, Any], *, keys_needed: bool) -> dict[str, Any]:
    """Complete what FastAPI derives from the routes.

    Args:
        spec: Is changed.
        keys_needed: Whether callers need an API key; without one, only foreign web pages are refused.
    """
    for path, operations in spec["paths"].items():
        if path.startswith(API_PREFIX):
            for operation in operations.values():
                _complete_operation(operation, keys_needed=keys_needed)
    schemas = spec["components"]["schemas"]
    for name in FRAMEWORK_SCHEMAS:
        schemas.pop(name, None)
    problem = Problem.model_json_schema(mode="serialization", ref_template=SCHEMA_PLACE)
    schemas.update(problem.pop("$defs"))
    schemas[Problem.__name__] = problem
    return spec


def _complete_operation(operation: dict[str, Any], *, keys_needed: bool) -> None:
    caller = HTTPStatus.UNAUTHORIZED if keys_needed else HTTPStatus.FORBIDDEN
    declared = {status for status in operation["responses"] if status >= str(HTTPStatus.BAD_REQUEST.value)}
    statuses = {HTTPStatus(int(status)) for status in declared} | {caller, *ANYWHERE}
    if "requestBody" in operation:
        statuses.update(WITH_BODY)
    if not keys_needed:
        operation.pop("security", None)
    successes = {status: answer for status, answer in operation["responses"].items() if status not in declared}
    operation["responses"] = successes | {str(status.value): _problem(status) for status in sorted(statuses)}


def _problem(status: HTTPStatus) -> dict[str, Any]:
    schema = {"$ref": SCHEMA_PLACE.format(model=Problem.__name__)}
    return {"description": f"{status.phrase}; `code` says which problem", "content": {MEDIA_TYPE: {"schema": schema}}}
