"""`meadow classify` over a real gateway process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from classify_command import ClassifyCommand
from gateway_process import GatewayProcess
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from pack_answerer import PackAnswerer


@pytest.fixture
def gateway_process(settings: Settings) -> Iterator[GatewayProcess]:
    running = GatewayProcess(settings).start()
    yield running
    running.kill()


@pytest.fixture
def answerer(redis_client: "redis.Redis", settings: Settings, store: ObjectStore) -> PackAnswerer:
    return PackAnswerer(redis_client, settings, store)


@pytest.fixture
def photos(tmp_path: Path) -> Callable[[int], list[str]]:
    """Fill the folder `photos` with so many files; returns their names in the order of the plan."""

    def write(count: int) -> list[str]:
        names = [f"{number // 1000:02}/{number:05}.jpg" for number in range(count)]
        for name in names:
            path = tmp_path / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\xff\xd8\xff" + name.encode() * 20)
        return names

    return write


@pytest.fixture
def classify(gateway_process: GatewayProcess, tmp_path: Path) -> ClassifyCommand:
    return ClassifyCommand(gateway_process, tmp_path)
