from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fake_gateway import ScriptedServer
from meadow_local.airflow import checks
from meadow_local.checks import Target
from meadow_local.errors import NotReadyError
from meadow_local.settings import LocalSettings

STARTED = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def target(port: int) -> Target:
    return Target(LocalSettings.model_validate({"airflow_port": port}), STARTED)


def health(status: str | None, *, seconds_ago: float = 1) -> dict[str, object]:
    seen = (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat()
    return {"metadatabase": {"status": "healthy"}, "scheduler": {"status": status, "latest_scheduler_heartbeat": seen}}


def test_a_component_must_have_given_a_sign_of_life(server: ScriptedServer) -> None:
    check = checks.beats("scheduler")
    server.reply(health("healthy"))
    check(target(server.server_port))
    server.reply(health("unhealthy"))
    with pytest.raises(NotReadyError, match="is unhealthy"):
        check(target(server.server_port))
    server.reply(health(None))
    with pytest.raises(NotReadyError, match="is not there"):
        check(target(server.server_port))
    assert server.asked[0].path == "/api/v2/monitor/health"


def test_a_sign_of_the_process_before_does_not_count(server: ScriptedServer) -> None:
    server.reply(health("healthy", seconds_ago=70))
    with pytest.raises(NotReadyError, match="no sign of life"):
        checks.beats("scheduler")(target(server.server_port))


def test_the_api_server_must_reach_the_database(server: ScriptedServer) -> None:
    server.reply(health("unhealthy"))
    checks.api_server_answers(target(server.server_port))
    server.reply({"metadatabase": {"status": "unhealthy"}})
    with pytest.raises(NotReadyError, match="is unhealthy"):
        checks.api_server_answers(target(server.server_port))
    server.reply("starting", 503)
    with pytest.raises(NotReadyError, match="answers 503"):
        checks.api_server_answers(target(server.server_port))


@pytest.mark.parametrize("check", [checks.api_server_answers, checks.beats("triggerer")])
def test_nothing_there_is_not_ready(check: Callable[[Target], None], free_port: Callable[[], int]) -> None:
    with pytest.raises(NotReadyError):
        check(target(free_port()))
