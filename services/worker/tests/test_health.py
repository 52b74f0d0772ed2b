from datetime import UTC, datetime, timedelta

import pytest
import redis
from pydantic import SecretStr

from meadow.schemas.models import ModelRef
from meadow.schemas.status import WorkerStatus
from meadow_core.jobs.fleet import report_worker
from meadow_core.settings import Settings
from meadow_worker.health import UnhealthyError, check
from meadow_worker.heartbeat import worker_name

MODEL = ModelRef(name="model", version="1", digest="d1")


def report(client: redis.Redis, worker: str, *, model: ModelRef | None = None, age: float = 0) -> None:
    seen_at = datetime.now(UTC) - timedelta(seconds=age)
    report_worker(client, WorkerStatus(worker=worker, engine="openvino", model=model, seen_at=seen_at))


def test_a_host_that_reports_is_healthy_with_and_without_a_model(settings: Settings, redis_client: redis.Redis) -> None:
    report(redis_client, worker_name())
    check(settings, serving=False)
    with pytest.raises(UnhealthyError, match="No model"):
        check(settings, serving=True)
    report(redis_client, worker_name(), model=MODEL)
    check(settings, serving=True)


@pytest.mark.parametrize("worker", ["somewhere-else:1", "somewhere:else:1"])
def test_other_hosts_do_not_count(settings: Settings, redis_client: redis.Redis, worker: str) -> None:
    report(redis_client, worker, model=MODEL)
    with pytest.raises(UnhealthyError, match="No process"):
        check(settings, serving=False)


def test_a_host_that_went_silent_is_unhealthy(settings: Settings, redis_client: redis.Redis) -> None:
    report(redis_client, worker_name(), model=MODEL, age=11)
    with pytest.raises(UnhealthyError, match="within 10 s"):
        check(settings, serving=False)


def test_a_worker_without_redis_is_unhealthy(settings: Settings) -> None:
    cut_off = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    with pytest.raises(UnhealthyError, match="Redis"):
        check(cut_off, serving=False)
