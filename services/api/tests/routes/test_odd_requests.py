"""What no route can make sense of is refused with a problem, on every route that there is."""

import json
from typing import Any

import httpx
import pytest

from meadow_api.app import create_app
from meadow_core.settings import Settings

PROBLEM = "application/problem+json"
NEEDS_REGISTRY = ("/v1/models", "/v1/quality")
"""There is none here: they say so, which is no fault of theirs."""
PARAMETERS = {"job_id": "job_absent", "batch_id": "batch_absent", "number": "0"}
JSON_BODIES = [
    '{"FIELD": Infinity}',
    '{"FIELD": NaN}',
    '{"FIELD": 1e999}',
    f'{{"FIELD": {"9" * 5000}}}',
    '{"FIELD": "\\u0000"}',
    '{"FIELD": "\\ud800"}',
    '{"FIELD": ' + "[" * 5000 + "]" * 5000 + "}",
    '{"FIELD": {"FIELD": []}}',
    '{"FIELD": "' + "a" * 100_000 + '"}',
]
SEGMENTS = ["%00", "%FF", "..%2f..", "a" * 5000, "%F0%9F%8C%BB", " ", "%0d%0a", "-1", "9" * 400]


SPECIFICATION = create_app(Settings()).openapi()
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (method.upper(), path, operation)
    for path, methods in SPECIFICATION["paths"].items()
    for method, operation in methods.items()
]
WITH_JSON = [
    pytest.param(method, path, operation, id=f"{method} {path}")
    for method, path, operation in OPERATIONS
    if "application/json" in operation.get("requestBody", {}).get("content", {})
]
WITH_PARAMETERS = [
    pytest.param(method, path, operation, id=f"{method} {path}")
    for method, path, operation in OPERATIONS
    if any(one["in"] == "query" for one in operation.get("parameters", []))
]
WITH_SEGMENTS = [pytest.param(method, path, id=f"{method} {path}") for method, path, _ in OPERATIONS if "{" in path]


def filled(path: str, **values: str) -> str:
    for name, value in {**PARAMETERS, "item_id": "a", "name": "a", "digest": "a", "version": "1", **values}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def assert_refused(answer: httpx.Response, sent: str) -> None:
    unavailable = answer.status_code == 503 and answer.request.url.path.startswith(NEEDS_REGISTRY)
    assert 400 <= answer.status_code < 500 or unavailable, (sent[:80], answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == PROBLEM, sent[:80]
    assert answer.json()["detail"], sent[:80]


def field_names(operation: dict[str, Any]) -> list[str]:
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    if "properties" in body:
        return list(body["properties"])
    [reference] = [one["$ref"] for one in body.get("anyOf", [body]) if "$ref" in one]
    return list(SPECIFICATION["components"]["schemas"][reference.rpartition("/")[2]]["properties"])


@pytest.mark.parametrize(("method", "path", "operation"), WITH_JSON)
def test_json_with_values_that_no_field_takes_is_refused(
    shared_gateway: httpx.Client, method: str, path: str, operation: dict[str, Any]
) -> None:
    for field in field_names(operation):
        for body in JSON_BODIES:
            sent = body.replace("FIELD", field)
            headers = {"Content-Type": "application/json"}
            answer = shared_gateway.request(method, filled(path), content=sent, headers=headers)
            # Texts are taken as they are, of any length that the field allows.
            if answer.is_success:
                value = json.loads(sent)[field]
                assert isinstance(value, str), (sent[:80], answer.text)
                continue
            assert_refused(answer, sent)


@pytest.mark.parametrize(("method", "path", "operation"), WITH_PARAMETERS)
def test_a_parameter_that_is_given_twice_is_refused(
    shared_gateway: httpx.Client, method: str, path: str, operation: dict[str, Any]
) -> None:
    for name in [one["name"] for one in operation["parameters"] if one["in"] == "query"]:
        answer = shared_gateway.request(method, f"{filled(path)}?{name}=1&{name}=1")
        assert_refused(answer, name)
        if answer.status_code == 422:
            assert f"query.{name}" in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "operation"), WITH_PARAMETERS)
def test_a_parameter_of_any_characters_is_no_fault_of_the_gateway(
    shared_gateway: httpx.Client, method: str, path: str, operation: dict[str, Any]
) -> None:
    for name in [one["name"] for one in operation["parameters"] if one["in"] == "query"]:
        for value in SEGMENTS:
            answer = shared_gateway.request(method, f"{filled(path)}?{name}={value}")
            if not answer.is_success:
                assert_refused(answer, f"{name}={value}")


@pytest.mark.parametrize(("method", "path"), WITH_SEGMENTS)
def test_an_id_of_any_characters_is_not_found(shared_gateway: httpx.Client, method: str, path: str) -> None:
    names = [part.strip("{}").partition("}")[0] for part in path.split("/") if part.startswith("{")]
    for name in names:
        for value in SEGMENTS:
            answer = shared_gateway.request(method, filled(path, **{name: value}))
            assert_refused(answer, value)
