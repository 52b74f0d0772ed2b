import json
from collections.abc import Callable

import pytest

from meadow_local.airflow import folders, server
from meadow_local.airflow.parts import AIRFLOW_PARTS
from meadow_local.errors import StackError
from meadow_local.settings import LocalSettings


def test_the_servers_of_logs_which_are_open_to_the_network_stay_off() -> None:
    assert server.arguments("scheduler") == ["airflow", "scheduler", "--skip-serve-logs"]
    assert server.arguments("triggerer") == ["airflow", "triggerer", "--skip-serve-logs"]
    assert server.arguments("api-server") == ["airflow", "api-server"]


def test_the_password_is_for_the_owner_s_eyes(settings: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "is_made", lambda _: True)
    for part in AIRFLOW_PARTS:
        part.prepare(settings)
    kept = settings.airflow_password_file
    assert kept.stat().st_mode & 0o077 == 0
    assert json.loads(kept.read_text()) == {"admin": settings.airflow_password.get_secret_value()}
    assert len(settings.airflow_password.get_secret_value()) >= 16
    assert settings.airflow_password.get_secret_value() in folders.welcome(settings)


def test_without_its_environment_nothing_is_started(settings: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "is_made", lambda _: False)
    with pytest.raises(StackError, match="`meadow up` makes it"):
        AIRFLOW_PARTS[0].prepare(settings)


def test_a_page_and_a_port(settings: LocalSettings) -> None:
    assert [part.ports for part in AIRFLOW_PARTS] == [("airflow_port",), (), (), ()]
    page: Callable[[LocalSettings], str] | None = AIRFLOW_PARTS[0].page
    assert page
    assert page(settings) == settings.airflow_url
