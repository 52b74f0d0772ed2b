from collections.abc import Iterator

import pytest

from both_clients import SYNC, Side, asynchronous_side
from fake_gateway import ScriptedServer
from meadow.client import Client, RetryPolicy
from meadow.client.transport import Transport

QUICK = RetryPolicy(seconds=3, first_pause=0.01, longest_pause=0.05)


@pytest.fixture(params=["sync", "async"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "sync":
        yield SYNC
        return
    with asynchronous_side() as side:
        yield side


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer, side: Side) -> Iterator[Client]:
    with side.client(server.url, "key-1", timeout=5, retries=QUICK) as opened:
        yield opened


@pytest.fixture
def transport(server: ScriptedServer, side: Side) -> Iterator[Transport]:
    opened = side.transport(server.url, "", timeout=5, retries=QUICK)
    yield opened
    opened.close()


@pytest.fixture
def free_port() -> int:
    unused = ScriptedServer()
    unused.server_close()
    return unused.server_port
