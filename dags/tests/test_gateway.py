"""The client as tasks use it: where it leads, how patient it is, and how it fails a task."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from airflow.sdk.exceptions import AirflowFailException

from fake_gateway import Answer, problem_answer
from meadow import Client
from meadow.schemas.quality import Verdict
from meadow.schemas.training import TrainingRequest
from meadow_airflow.gateway.asking import cancel_if_active, find_dataset, model_in_production
from meadow_airflow.gateway.connection import connected_gateway
from meadow_airflow.gateway.errors import GatewayRefusedError, GatewayUnavailableError
from training_gateway import TrainingGateway

UNAVAILABLE = ("unavailable", 503, "Redis is down.")


@pytest.fixture
def client(gateway: TrainingGateway) -> Iterator[Client]:
    assert gateway.url
    with connected_gateway(patience=5) as connected:
        yield connected


def test_the_connection_leads_to_the_gateway_with_its_key(
    gateway: TrainingGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.state.api_key = "k/ey"
    with pytest.raises(GatewayRefusedError, match="401"), connected_gateway() as anonymous:
        anonymous.status()
    monkeypatch.setenv("AIRFLOW_CONN_MEADOW_API", f"http://:k%2Fey@127.0.0.1:{gateway.server_port}")
    with connected_gateway() as known:
        assert len(known.status().workers) == 2


def test_the_same_key_leads_to_the_same_job(gateway: TrainingGateway, client: Client) -> None:
    gateway.job_seconds = 60
    asked = TrainingRequest(dataset="lawns", dataset_version="d2")
    first, second = (client.start_training(asked, idempotency_key="one") for _ in range(2))
    assert first.id == second.id
    assert client.start_training(asked, idempotency_key="two").id != first.id
    with pytest.raises(GatewayRefusedError, match="idempotency-key-reused"), connected_gateway() as other:
        other.start_training(TrainingRequest(dataset="lawns", seed=1), idempotency_key="one")


def test_a_gateway_that_asks_for_time_gets_it(gateway: TrainingGateway, client: Client) -> None:
    gateway.answers = [
        problem_answer(*UNAVAILABLE, Retry_After="1"),
        problem_answer("overloaded", 429, "Full.", Retry_After="0"),
    ]
    gateway.judge(Verdict.OK)
    begun = time.monotonic()
    assert client.quality(window_hours=24).verdict is Verdict.OK
    assert time.monotonic() - begun >= 1
    assert len(gateway.asked) == 3


def test_patience_has_an_end(gateway: TrainingGateway) -> None:
    gateway.answers = [problem_answer(*UNAVAILABLE, Retry_After="3600")]
    with pytest.raises(GatewayUnavailableError, match="503"), connected_gateway() as client:
        client.status()
    assert len(gateway.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 599])
def test_an_error_of_a_proxy_is_told_as_it_is(gateway: TrainingGateway, status: int) -> None:
    gateway.answers = [Answer(status, b'"bad gateway"')] * 50
    with (
        pytest.raises(GatewayUnavailableError, match=f"{status}.*bad gateway"),
        connected_gateway(patience=1) as client,
    ):
        client.status()


def test_a_gateway_that_comes_back_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("AIRFLOW_CONN_MEADOW_API", f"http://127.0.0.1:{port}")
    ready: list[TrainingGateway] = []
    threading.Timer(1.0, lambda: ready.append(TrainingGateway(port).__enter__())).start()
    with connected_gateway(patience=20) as client:
        assert model_in_production(client) is not None
    ready[0].__exit__(None, None, None)


def test_one_that_does_not_is_left_to_the_task_s_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MEADOW_API", "http://127.0.0.1:1")
    with pytest.raises(GatewayUnavailableError, match="does not answer"), connected_gateway(patience=0) as client:
        client.status()
    assert not issubclass(GatewayUnavailableError, AirflowFailException)


def test_what_is_not_there_is_none(gateway: TrainingGateway, client: Client) -> None:
    assert find_dataset(client, "lawns") is not None
    assert find_dataset(client, "roofs") is None
    gateway.produce()
    assert model_in_production(client) is None


def test_what_is_refused_for_another_reason_is_not_taken_for_nothing(gateway: TrainingGateway) -> None:
    for ask in (model_in_production, lambda client: find_dataset(client, "lawns")):
        gateway.answers = [problem_answer("forbidden", 403, "No.")]
        with pytest.raises(GatewayRefusedError, match="403"), connected_gateway() as client:
            ask(client)


def test_an_answer_that_is_not_the_gateway_s_is_not_tried_again(gateway: TrainingGateway) -> None:
    gateway.answers = [Answer(200, b"<html>")]
    with pytest.raises(GatewayRefusedError, match="not answer like a Meadow gateway"), connected_gateway() as client:
        client.status()
    assert len(gateway.asked) == 1


def test_a_job_that_has_ended_need_not_be_cancelled(gateway: TrainingGateway, client: Client) -> None:
    job = client.start_training(TrainingRequest(dataset="lawns"))
    assert client.job(job.id, wait=1).state.is_final
    cancel_if_active(client, job.id)
    cancel_if_active(client, "job_99")
    assert gateway.job(job.id).state == "succeeded"
    gateway.answers = [problem_answer("unauthenticated", 401, "No key.")]
    with pytest.raises(GatewayRefusedError), connected_gateway() as other:
        cancel_if_active(other, job.id)
