import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from rich.console import Console

from fake_gateway import FakeGateway
from fake_gateway.answers import make_model
from meadow.client import Client
from meadow.schemas.status import WorkerStatus
from meadow_local.demo import training
from meadow_local.errors import StackError


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with Client(gateway.url) as opened:
        yield opened


def test_there_may_be_no_model_yet(gateway: FakeGateway, client: Client) -> None:
    assert training.model_in_production(client) is None
    gateway.state.model = make_model()
    assert training.model_in_production(client) == make_model()


def test_it_waits_until_a_worker_serves_the_very_version(
    gateway: FakeGateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SERVED_SECONDS", 0.0)
    console = Console(file=io.StringIO())
    workers = gateway.state.status.workers
    workers.append(WorkerStatus(worker="w", engine="openvino", model=make_model("2").ref, seen_at=datetime.now(UTC)))
    with pytest.raises(StackError, match="No worker serves version 3"):
        training.wait_until_served(console, client, make_model("3"))
    workers[0] = workers[0].model_copy(update={"model": make_model("3").ref})
    training.wait_until_served(console, client, make_model("3"))
