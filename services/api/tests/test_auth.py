import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest

from meadow_api.app import create_app
from meadow_api.auth import InsecureSettingsError
from meadow_core.settings import Settings

KEY = "mdw_secret"
KEYS = f"ci:{hashlib.sha256(KEY.encode()).hexdigest()}"
Gateways = Callable[..., AbstractContextManager[httpx.Client]]


def test_a_request_without_a_known_key_is_refused(gateway_with: Gateways) -> None:
    with gateway_with(api_keys=KEYS) as gateway:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}):
            answer = gateway.get("/v1/status", headers=headers)
            assert answer.status_code == 401
            assert answer.json()["code"] == "unauthenticated"
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_known_key_is_let_in_and_probes_need_none(gateway_with: Gateways) -> None:
    with gateway_with(api_keys=KEYS) as gateway:
        assert gateway.get("/v1/status", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        assert [gateway.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "gateway"])  # noqa: S104 - what must be refused
def test_a_gateway_without_keys_does_not_leave_loopback(settings: Settings, host: str) -> None:
    with pytest.raises(InsecureSettingsError, match="MEADOW_API_KEYS"):
        create_app(settings.model_copy(update={"api_host": host}))


def test_a_key_in_the_place_of_its_hash_is_refused_by_name(settings: Settings) -> None:
    with pytest.raises(InsecureSettingsError, match="'ci'") as refusal:
        create_app(settings.model_copy(update={"api_keys": f"ci:{KEY}"}))
    assert KEY not in str(refusal.value)
