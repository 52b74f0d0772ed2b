from collections.abc import Iterator

import pytest

from meadow.client import MeadowClient, RetryPolicy
from meadow.client.testing import FakeGateway


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[MeadowClient]:
    with MeadowClient(gateway.url, retries=RetryPolicy(seconds=0)) as opened:
        yield opened
