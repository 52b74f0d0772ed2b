"""`meadow classify` over a real gateway process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from classify_command import ClassifyCommand
from gateway_process import GatewayProcess
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from pack_answerer import PackAnswerer


@pytest.fixture(scope="package")
def shared_process(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str, s3_settings: dict[str, object]
) -> Iterator[GatewayProcess]:
    """One for all tests of this folder: starting one takes most of a test's processor time."""
    home = tmp_path_factory.mktemp("home")
    running = GatewayProcess(
        Settings.model_validate({"home": home, "redis_url": SecretStr(redis_url), **s3_settings})
    ).start()
    yield running
    running.kill()


@pytest.fixture
def gateway_process(settings: Settings, shared_process: GatewayProcess) -> GatewayProcess:
    """A gateway that runs, over stores that hold nothing of other tests."""
    del settings  # it empties Redis
    if not shared_process.running:
        shared_process.start()
    return shared_process


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
