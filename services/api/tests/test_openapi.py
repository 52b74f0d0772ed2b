import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx

Gateways = Callable[..., AbstractContextManager[httpx.Client]]
PROBLEM = "application/problem+json"
KEY = "secret"
KEYS = f"tests:{hashlib.sha256(KEY.encode()).hexdigest()}"


def test_every_problem_is_described_as_problem_json(gateway: httpx.Client) -> None:
    spec = gateway.get("/openapi.json").json()
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            problems = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            if path.startswith("/v1"):
                assert {"422", "500", "503"} <= problems.keys(), (method, path)
                for status, answer in problems.items():
                    assert answer["content"] == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}, status
                if "requestBody" in operation:
                    assert {"400", "413", "415"} <= problems.keys(), (method, path)
    assert {"Problem", "FieldError"} <= spec["components"]["schemas"].keys()
    assert "HTTPValidationError" not in spec["components"]["schemas"]


def test_a_job_and_an_image_in_json_have_examples(gateway: httpx.Client) -> None:
    submitted = gateway.get("/openapi.json").json()["paths"]["/v1/classifications"]["post"]
    assert submitted["responses"]["202"]["content"]["application/json"]["example"]["links"]
    content = submitted["requestBody"]["content"]
    assert {"image/jpeg", "image/heic", "multipart/form-data"} <= content.keys()
    for example in content["application/json"]["examples"].values():
        assert gateway.post("/v1/classifications", json=example["value"]).status_code == 202


def test_keys_are_described_where_they_are_needed_and_foreign_pages_where_not(
    gateway: httpx.Client, gateway_with: Gateways
) -> None:
    for operations in gateway.get("/openapi.json").json()["paths"].values():
        assert not any("security" in operation or "401" in operation["responses"] for operation in operations.values())
    with gateway_with(api_keys=KEYS) as locked:
        spec = locked.get("/openapi.json").json()
    for path, operations in spec["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) == ("401" in operation["responses"]) == path.startswith("/v1")
            assert "403" not in operation["responses"]


def test_wrong_paths_and_methods_are_problems_too(gateway: httpx.Client) -> None:
    for answer, code in (
        (gateway.get("/v1/nothing"), "not-found"),
        (gateway.delete("/v1/status"), "method-not-allowed"),
        (
            gateway.post("/v1/training-runs", content=b"{", headers={"Content-Type": "application/json"}),
            "invalid-request",
        ),
    ):
        assert answer.json()["code"] == code
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_request_keeps_the_id_that_its_caller_gave_it(gateway: httpx.Client) -> None:
    assert gateway.get("/healthz", headers={"X-Request-ID": "trace-42"}).headers["X-Request-ID"] == "trace-42"
    assert gateway.get("/healthz", headers={"X-Request-ID": "a b"}).headers["X-Request-ID"] != "a b"
