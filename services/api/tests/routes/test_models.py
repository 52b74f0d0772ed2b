"""`/v1/models`, over MLflow's own store."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
import redis

from meadow.schemas.models import GateDecision, GateRecord
from meadow_api.routes import models
from meadow_core.jobs import keys
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from mlflow_warnings import MLFLOW_WARNINGS
from model_versions import register_versions

pytestmark = MLFLOW_WARNINGS

URL = "/v1/models"


@pytest.fixture
def settings(settings: Settings, mlflow_uri: str) -> Settings:
    return settings.model_copy(
        update={"mlflow_tracking_uri": mlflow_uri, "registered_model": f"model-{uuid.uuid4().hex}"}
    )


@pytest.fixture
def registry(settings: Settings, tmp_path: Path) -> ModelRegistry:
    """Three versions: none is in production, and the third is refused."""
    registry = ModelRegistry(settings)
    register_versions(registry, tmp_path, 3)
    record = GateRecord(decision=GateDecision.REFUSED, reason="It is worse.", champion="1", gain=-0.2, p_value=0.001)
    registry.record_decision("3", record)
    return registry


@pytest.fixture
def gateway(registry: ModelRegistry, gateway: httpx.Client) -> httpx.Client:
    del registry
    return gateway


def serving(gateway: httpx.Client) -> str:
    version: str = gateway.get(f"{URL}/current").json()["ref"]["version"]
    return version


def test_promote_and_roll_back(gateway: httpx.Client) -> None:
    for version in ("1", "2"):
        answer = gateway.post(f"{URL}/{version}:promote", json={"reason": "a test"})
        assert (answer.status_code, answer.json()["changed"]) == (200, True)
        assert serving(gateway) == version
    detail = gateway.get(f"{URL}/2").json()
    assert detail["aliases"] == ["production"]
    [promotion] = detail["promotions"]
    assert {name: promotion[name] for name in ("version", "previous", "kind", "by", "reason")} == {
        "version": "2", "previous": "1", "kind": "promoted", "by": "anonymous", "reason": "a test",
    }  # fmt: skip
    again = gateway.post(f"{URL}/2:promote")
    assert again.json()["changed"] is False
    assert again.headers["Idempotent-Replayed"] == "true"
    back = gateway.post(f"{URL}:rollback", json={"reason": "worse"})
    assert (back.status_code, back.json()["model"]["ref"]["version"]) == (200, "1")
    assert serving(gateway) == "1"
    nothing = gateway.post(f"{URL}:rollback")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "promotion-refused")


def test_a_repeated_rollback_goes_back_once(gateway: httpx.Client) -> None:
    for version in ("1", "2"):
        gateway.post(f"{URL}/{version}:promote")
    gateway.post(f"{URL}/3:promote", json={"force": True})
    key = {"Idempotency-Key": "once"}
    answers = [gateway.post(f"{URL}:rollback", headers=key) for _ in range(2)]
    assert [answer.json()["changed"] for answer in answers] == [True, False]
    assert serving(gateway) == "2"
    other = gateway.post(f"{URL}/1:promote", headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_a_change_that_finds_another_under_way_is_to_be_sent_again(
    gateway: httpx.Client, redis_client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "LOCK_WAIT_SECONDS", 0.1)
    redis_client.set(keys.PRODUCTION_LOCK, "another gateway")
    for answer in (gateway.post(f"{URL}/1:promote"), gateway.post(f"{URL}:rollback")):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert redis_client.get(keys.PRODUCTION_LOCK) == b"another gateway"
    redis_client.delete(keys.PRODUCTION_LOCK)
    assert gateway.post(f"{URL}/1:promote").status_code == 200
    assert not redis_client.exists(keys.PRODUCTION_LOCK)


def test_what_the_gate_refused_needs_force(gateway: httpx.Client) -> None:
    detail = gateway.get(f"{URL}/3").json()
    assert (detail["decision"], detail["champion"], detail["gain"], detail["p_value"]) == ("refused", "1", -0.2, 0.001)
    refused = gateway.post(f"{URL}/3:promote")
    assert (refused.status_code, refused.json()["code"]) == (409, "promotion-refused")
    assert "It is worse." in refused.json()["detail"]
    assert gateway.get(f"{URL}/current").status_code == 404
    assert gateway.post(f"{URL}/3:promote", json={"force": True}).status_code == 200
    assert serving(gateway) == "3"


def test_what_is_not_there_is_told(gateway: httpx.Client) -> None:
    for answer in (gateway.get(f"{URL}/9"), gateway.post(f"{URL}/nine:promote"), gateway.post(f"{URL}:rollback")):
        assert answer.status_code == 404
    assert gateway.post(f"{URL}/1:promote", json={"reason": "x" * 1001}).status_code == 422


def test_a_registry_that_is_down_is_told(
    gateway_with: Callable[..., AbstractContextManager[httpx.Client]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with gateway_with(mlflow_tracking_uri="http://127.0.0.1:9") as client:
        answer = client.post(f"{URL}/1:promote")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"]
