from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fake_gateway import FakeGateway
from meadow.client import Client, RetryPolicy


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., Path]:
    """Write files under a folder, by their names, which are their content too."""

    def write(*names: str) -> Path:
        for name in names:
            path = tmp_path / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        return tmp_path / "photos"

    return write


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with Client(gateway.url, retries=RetryPolicy(seconds=3, first_pause=0.01)) as opened:
        yield opened
