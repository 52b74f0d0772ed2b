"""How a process starts."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import redis
from pydantic import SecretStr

from meadow.schemas.models import ModelRef
from meadow.schemas.status import WorkerStatus
from meadow_core.jobs import connection, keys
from meadow_core.registry.cache import ModelCache
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from meadow_worker.heartbeat import worker_name
from meadow_worker.inference_process import InferenceProcess
from mlflow_warnings import MLFLOW_WARNINGS

pytestmark = MLFLOW_WARNINGS


def reported(client: redis.Redis, wanted: ModelRef) -> bool:
    """Whether the process says before long that it serves a version."""
    for _ in range(400):
        raw = client.hget(keys.WORKERS, worker_name())
        if raw and WorkerStatus.model_validate_json(raw).model == wanted:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("settings", ["openvino"], indirect=True)
def test_a_process_that_starts_while_redis_is_away_does_all_it_should_once_it_is_back(
    settings: Settings,
    production: ModelRef,
    register: Callable[..., ModelRef],
    registry: ModelRegistry,
    start_redis: Callable[[int], AbstractContextManager[str]],
    absent_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "RETRIES", 0)
    address = f"redis://127.0.0.1:{absent_port}/0"
    process = InferenceProcess(settings.model_copy(update={"redis_url": SecretStr(address)}))
    process.start()
    with start_redis(absent_port), redis.Redis.from_url(address) as client:
        assert reported(client, production)
        newer = register(decision_threshold=1.0)
        cache = ModelCache(settings.model_cache)
        cache.ensure(newer, registry)
        cache.point(newer)
        assert reported(client, newer)
        process.stop()
