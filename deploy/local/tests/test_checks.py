from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fake_gateway import FakeGateway, ScriptedServer
from meadow.schemas.readiness import Check, Readiness
from meadow.schemas.status import WorkerStatus
from meadow_local import checks
from meadow_local.checks import Target
from meadow_local.errors import NotReadyError
from meadow_local.settings import LocalSettings

STARTED = datetime.now(UTC) - timedelta(minutes=1)


def target(**values: object) -> Target:
    return Target(LocalSettings.model_validate(values), STARTED)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def beat(gateway: FakeGateway, *, seconds_ago: float) -> None:
    seen = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    gateway.state.status.workers[:] = [WorkerStatus(worker="w", engine="openvino", model=None, seen_at=seen)]


def test_redis_must_let_us_in(redis_url: str) -> None:
    checks.redis_answers(target(redis_url=redis_url))
    with pytest.raises(NotReadyError, match="does not answer"):
        checks.redis_answers(target(redis_url=redis_url.replace("redis://", "redis://nobody:wrong@")))


def test_the_object_store_must_keep_what_is_written(s3_settings: dict[str, object]) -> None:
    checks.s3_keeps_objects(target(**s3_settings))
    with pytest.raises(NotReadyError, match="no-such-bucket"):
        checks.s3_keeps_objects(target(**s3_settings, images_bucket="no-such-bucket"))
    with pytest.raises(NotReadyError):
        checks.s3_keeps_objects(target(**{**s3_settings, "s3_secret_key": "wrong"}))


def test_a_gateway_that_misses_a_part_is_not_ready(gateway: FakeGateway) -> None:
    checks.gateway_is_ready(target(api_url=gateway.url))
    missing = {"redis": Check(ok=False, detail="refused")}
    gateway.state.readiness = Readiness(status="not ready", checks=missing, workers=0)
    with pytest.raises(NotReadyError, match=r"waits for redis \(refused\)"):
        checks.gateway_is_ready(target(api_url=gateway.url))


def test_a_worker_must_have_given_a_sign_of_life(gateway: FakeGateway) -> None:
    with pytest.raises(NotReadyError, match="no sign of life"):
        checks.worker_beats(target(api_url=gateway.url))
    beat(gateway, seconds_ago=1)
    checks.worker_beats(target(api_url=gateway.url))
    beat(gateway, seconds_ago=30)
    with pytest.raises(NotReadyError, match="no sign of life"):
        checks.worker_beats(target(api_url=gateway.url))


def test_a_sign_of_the_worker_before_does_not_count(gateway: FakeGateway) -> None:
    beat(gateway, seconds_ago=3)
    settings = LocalSettings.model_validate({"api_url": gateway.url})
    with pytest.raises(NotReadyError, match="no sign of life"):
        checks.worker_beats(Target(settings, datetime.now(UTC) - timedelta(seconds=1)))


def test_a_trainer_must_serve_its_queue(redis_url: str) -> None:
    with pytest.raises(NotReadyError, match="does not serve its queue"):
        checks.trainer_answers(target(redis_url=redis_url))


def test_pages_must_say_that_they_are_well(server: ScriptedServer) -> None:
    server.reply("ok")
    checks.ui_is_healthy(target(ui_port=server.server_port))
    server.reply("OK")
    checks.flower_is_healthy(target(flower_port=server.server_port))
    server.reply("no", 503)
    with pytest.raises(NotReadyError, match="answers 503"):
        checks.mlflow_is_healthy(target(mlflow_tracking_uri=server.url))
    assert [asked.path for asked in server.asked] == ["/_stcore/health", "/healthcheck", "/health"]


@pytest.mark.parametrize(
    "check",
    [
        checks.redis_answers,
        checks.s3_keeps_objects,
        checks.mlflow_is_healthy,
        checks.gateway_is_ready,
        checks.worker_beats,
        checks.trainer_answers,
        checks.ui_is_healthy,
        checks.flower_is_healthy,
    ],
)
def test_nothing_there_is_not_ready(check: Callable[[Target], None], free_port: Callable[[], int]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    nothing = target(
        redis_url=f"redis://127.0.0.1:{port}/0",
        s3_endpoint_url=url,
        mlflow_tracking_uri=url,
        api_url=url,
        ui_port=port,
        flower_port=port,
    )
    with pytest.raises(NotReadyError):
        check(nothing)
