import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from meadow_local import stack_env
from meadow_local.airflow.project import DagsProject
from meadow_local.airflow.variables import airflow_environment
from meadow_local.home import Home
from meadow_local.settings import LocalSettings

PROJECT = DagsProject(Path("/checkout/dags"))


@pytest.fixture
def environ(settings: LocalSettings) -> dict[str, str]:
    return airflow_environment(settings, PROJECT)


def test_nobody_else_is_let_in(environ: dict[str, str], settings: LocalSettings) -> None:
    assert environ["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environ["AIRFLOW__API__PORT"] == str(settings.airflow_port)
    assert environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"{settings.airflow_url}/execution/"
    assert environ["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_secrets_are_apart_from_each_other_and_the_same_for_every_process(
    environ: dict[str, str], settings: LocalSettings
) -> None:
    names = ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__CORE__FERNET_KEY")
    assert len({environ[name] for name in names}) == 3
    assert airflow_environment(settings, PROJECT) == environ
    key = Fernet(environ["AIRFLOW__CORE__FERNET_KEY"])
    assert key.decrypt(key.encrypt(b"grass")) == b"grass"


def test_the_connections_lead_to_the_stack_s_own_parts(home: Home) -> None:
    settings = stack_env.configure(home, {"MEADOW_API_PORT": "8123", "MEADOW_API_KEY": "k"})
    environ = airflow_environment(settings, PROJECT)
    gateway = json.loads(environ["AIRFLOW_CONN_MEADOW_API"])
    assert (gateway["conn_type"], gateway["host"], gateway["port"]) == ("http", "127.0.0.1", 8123)
    assert gateway["password"] == "k"
    assert not any(settings.s3_secret_key.get_secret_value() in value for value in environ.values())


def test_metrics_are_sent_where_the_settings_say(home: Home, environ: dict[str, str]) -> None:
    assert not any("STATSD" in name for name in environ)
    sending = airflow_environment(stack_env.configure(home, {"MEADOW_AIRFLOW_STATSD": "127.0.0.1:9125"}), PROJECT)
    assert sending["AIRFLOW__METRICS__STATSD_ON"] == "True"
    assert (sending["AIRFLOW__METRICS__STATSD_HOST"], sending["AIRFLOW__METRICS__STATSD_PORT"]) == ("127.0.0.1", "9125")


def test_whether_dags_wait_is_a_setting(home: Home, environ: dict[str, str]) -> None:
    assert environ["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] == "False"
    waiting = airflow_environment(stack_env.configure(home, {"MEADOW_AIRFLOW_DAGS_PAUSED": "true"}), PROJECT)
    assert waiting["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] == "True"
