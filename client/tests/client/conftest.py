from collections.abc import Iterator

import pytest

from fake_gateway import ScriptedServer
from meadow.client import Client, RetryPolicy
from meadow.client.transport import Transport

QUICK = RetryPolicy(seconds=3, first_pause=0.01, longest_pause=0.05)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[Client]:
    with Client(server.url, "key-1", timeout=5, retries=QUICK) as opened:
        yield opened


@pytest.fixture
def transport(server: ScriptedServer) -> Iterator[Transport]:
    opened = Transport(server.url, "", timeout=5, retries=QUICK)
    yield opened
    opened.close()


@pytest.fixture
def free_port() -> int:
    unused = ScriptedServer()
    unused.server_close()
    return unused.server_port
