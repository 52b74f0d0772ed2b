import httpx


def test_every_route_says_how_it_fails_and_jobs_have_an_example(gateway: httpx.Client) -> None:
    spec = gateway.get("/openapi.json").json()
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            if path.startswith("/v1"):
                for status in ("401", "403"):
                    assert "application/problem+json" in operation["responses"][status]["content"], (method, path)
    submitted = spec["paths"]["/v1/classifications"]["post"]
    assert submitted["responses"]["202"]["content"]["application/json"]["example"]["links"]
    assert {"image/jpeg", "multipart/form-data"} <= submitted["requestBody"]["content"].keys()


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
