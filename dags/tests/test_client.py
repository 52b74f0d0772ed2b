import socket
import threading
import time
from collections.abc import Iterator

import pytest

from meadow_airflow.gateway.client import GatewayClient
from meadow_airflow.gateway.errors import GatewayRefusedError, GatewayUnavailableError
from stand_in_gateway import Answer, StandInGateway, problem


@pytest.fixture
def client(gateway: StandInGateway) -> Iterator[GatewayClient]:
    with GatewayClient(gateway.url, patience=5) as connected:
        yield connected


def test_the_connection_leads_to_the_gateway_with_its_key(
    gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.api_key = "k/ey"
    with GatewayClient.connect() as anonymous, pytest.raises(GatewayRefusedError, match="401"):
        anonymous.status()
    monkeypatch.setenv("AIRFLOW_CONN_MEADOW_API", f"http://:k%2Fey@127.0.0.1:{gateway.server_port}")
    with GatewayClient.connect() as known:
        assert len(known.status().workers) == 2


def test_the_same_key_leads_to_the_same_job(gateway: StandInGateway, client: GatewayClient) -> None:
    gateway.job_seconds = 60
    body = {"dataset": "lawns", "dataset_version": "d2"}
    first, second = (client.submit("/v1/training-runs", body, "one") for _ in range(2))
    assert first.id == second.id
    assert client.submit("/v1/training-runs", body, "two").id != first.id
    with pytest.raises(GatewayRefusedError, match="idempotency-key-reused"):
        client.submit("/v1/training-runs", {**body, "seed": 1}, "one")


def test_a_gateway_that_asks_for_time_gets_it(gateway: StandInGateway, client: GatewayClient) -> None:
    gateway.script = [problem(503, "unavailable", Retry_After="1"), problem(429, "overloaded", Retry_After="0")]
    begun = time.monotonic()
    assert client.quality(24).verdict == "ok"
    assert time.monotonic() - begun >= 1
    assert len(gateway.asked) == 3


def test_patience_has_an_end(gateway: StandInGateway, client: GatewayClient) -> None:
    gateway.script = [problem(503, "unavailable", Retry_After="3600")]
    with pytest.raises(GatewayUnavailableError, match="503"):
        client.status()
    assert len(gateway.asked) == 1


def test_an_error_of_a_proxy_is_told_as_it_is(gateway: StandInGateway) -> None:
    gateway.script = [Answer(502, "bad gateway")] * 50
    with GatewayClient(gateway.url, patience=1) as client, pytest.raises(GatewayUnavailableError, match="502"):
        client.status()


def test_a_gateway_that_comes_back_is_waited_for() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ready: list[StandInGateway] = []
    threading.Timer(1.0, lambda: ready.append(StandInGateway(port).__enter__())).start()
    with GatewayClient(f"http://127.0.0.1:{port}", patience=20) as client:
        assert client.current_model() is not None
    ready[0].__exit__()


def test_what_is_not_there_is_none(gateway: StandInGateway, client: GatewayClient) -> None:
    assert client.dataset("lawns") is not None
    assert client.dataset("roofs") is None
    gateway.production = []
    assert client.current_model() is None


def test_an_answer_that_is_not_the_gateway_s_is_not_tried_again(gateway: StandInGateway, client: GatewayClient) -> None:
    gateway.script = [Answer(200, "<html>")]
    with pytest.raises(GatewayRefusedError, match=r"not-understood.*/v1/status"):
        client.status()


def test_a_job_that_has_ended_need_not_be_cancelled(gateway: StandInGateway, client: GatewayClient) -> None:
    job = client.submit("/v1/datasets", {"name": "lawns"}, "k")
    client.job(job.id)
    client.cancel(job.id)
    client.cancel("job_99")
    gateway.script = [problem(401, "unauthenticated")]
    with pytest.raises(GatewayRefusedError):
        client.cancel(job.id)
