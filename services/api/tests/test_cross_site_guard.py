import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest

KEY = "mdw_secret"
KEYS = f"ci:{hashlib.sha256(KEY.encode()).hexdigest()}"
FOREIGN = [
    {"Origin": "https://example.com"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_foreign_page_changes_nothing(gateway: httpx.Client, jpeg: bytes, headers: dict[str, str]) -> None:
    for answer in (
        gateway.post("/v1/models:rollback", headers=headers),
        gateway.post("/v1/models/1:promote", headers=headers),
        gateway.post("/v1/corrections", params={"label": "grass"}, files={"image": jpeg}, headers=headers),
        gateway.post("/v1/batches", files={"images": ("a.jpg", jpeg)}, headers=headers),
        gateway.put("/v1/jobs/job_1/feedback", json={"label": "grass"}, headers=headers),
        gateway.delete(f"/v1/reviews/{'0' * 64}", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign-page")
        assert "MEADOW_API_KEYS" in answer.json()["detail"]


def test_the_gateways_own_pages_and_programs_are_let_in(gateway: httpx.Client, jpeg: bytes) -> None:
    own = str(gateway.base_url).rstrip("/")
    for headers in (
        {},
        {"Origin": own},
        {"Origin": own, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://behind.a.proxy", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        answer = gateway.post("/v1/classifications", content=jpeg, headers={"Content-Type": "image/jpeg", **headers})
        assert answer.status_code == 202, headers


def test_a_link_from_elsewhere_may_be_followed(gateway: httpx.Client) -> None:
    assert gateway.get("/v1/jobs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("host", ["example.com", "example.com:8000", "127.0.0.1.example.com", "localhost.example.com."])
def test_a_name_that_anybody_can_point_here_is_not_answered_to(gateway: httpx.Client, host: str) -> None:
    for answer in (
        gateway.get("/v1/jobs", headers={"Host": host}),
        gateway.post("/v1/uploads", headers={"Host": host}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign-page")
        assert host in answer.json()["detail"]


@pytest.mark.parametrize(
    "host",
    ["localhost:8000", "127.0.0.2", "[::1]:8000", "10.0.0.7", "gateway:8000", "host.docker.internal", "box.local.", ""],
)
def test_the_names_of_machines_and_containers_are(gateway: httpx.Client, host: str) -> None:
    assert gateway.get("/v1/jobs", headers={"Host": host}).status_code == 200


def test_who_has_a_key_may_call_from_anywhere(
    gateway_with: Callable[..., AbstractContextManager[httpx.Client]],
) -> None:
    sent = {"Authorization": f"Bearer {KEY}", "Origin": "https://example.com", "Host": "meadow.example.com"}
    with gateway_with(api_keys=KEYS) as gateway:
        assert gateway.post("/v1/batches", headers=sent).status_code == 201
        assert gateway.post("/v1/batches", headers={**sent, "Authorization": ""}).status_code == 401
