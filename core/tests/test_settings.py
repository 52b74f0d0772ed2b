from pathlib import Path

import pytest
from pydantic import ValidationError

from meadow.settings import STACK_ENV_FILE
from meadow_core.settings import Settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MEADOW_{name.upper()}", raising=False)
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path))
    return tmp_path


def test_without_anything_the_defaults_hold() -> None:
    assert Settings.load().api_port == 8000


def test_the_stack_tells_what_it_was_started_with(home: Path) -> None:
    (home / STACK_ENV_FILE).write_text("MEADOW_API_PORT=8123\nMEADOW_S3_SECRET_KEY=s3cret\nOTHER=1\n")
    settings = Settings.load()
    assert (settings.api_port, settings.s3_secret_key.get_secret_value(), settings.home) == (8123, "s3cret", home)


def test_the_environment_wins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / STACK_ENV_FILE).write_text("MEADOW_API_PORT=8123\nMEADOW_IMAGES_BUCKET=from-file\n")
    monkeypatch.setenv("MEADOW_API_PORT", "8200")
    settings = Settings.load()
    assert (settings.api_port, settings.images_bucket) == (8200, "from-file")


def test_the_file_cannot_move_the_home_it_lies_in(home: Path) -> None:
    (home / STACK_ENV_FILE).write_text("MEADOW_HOME=/elsewhere\n")
    assert Settings.load().home == home
    assert Settings.load().model_cache == home / "cache" / "models"


@pytest.mark.parametrize(
    ("name", "value"),
    [("api_port", "70000"), ("worker_engine", "abacus"), ("lease_seconds", "0"), ("max_attempts", "some")],
)
def test_a_value_out_of_range_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"MEADOW_{name.upper()}", value)
    with pytest.raises(ValidationError, match=name):
        Settings.load()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEADOW_API_KEY", "mdw_key")
    monkeypatch.setenv("MEADOW_S3_SECRET_KEY", "s3cret")
    monkeypatch.setenv("MEADOW_REDIS_URL", "redis://:passw0rd@host/0")
    shown = repr(Settings.load())
    assert not [secret for secret in ("mdw_key", "s3cret", "passw0rd") if secret in shown]


def test_people_open_mlflow_where_the_services_reach_it_unless_told_otherwise() -> None:
    settings = Settings(mlflow_tracking_uri="http://mlflow:5000/")
    assert settings.mlflow_page == "http://mlflow:5000"
    told = settings.model_copy(update={"mlflow_public_url": "https://mlflow.example.org/"})
    assert told.mlflow_page == "https://mlflow.example.org"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("MEADOW_MAX_IMAGE_BYTE", "MEADOW_MAX_IMAGE_BYTES"),
        ("MEADOW_API_KYES", "MEADOW_API_KEYS"),
        ("MEADOW_REDIS_ULR", "MEADOW_REDIS_URL"),
        ("MEADOW_LEASE_SECOND", "MEADOW_LEASE_SECONDS"),
        ("MEADOW_WORKERPROCESSES", "MEADOW_WORKER_PROCESSES"),
    ],
)
def test_misspelled_variable_is_named_with_the_nearest_setting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, nearest: str
) -> None:
    monkeypatch.setenv(name, "1")
    for _ in range(3):
        Settings.load()
    assert [record.getMessage() for record in caplog.records] == [
        f"{name} is not a setting and has no effect. Did you mean {nearest}?"
    ]


def test_variables_of_other_parts_are_not_taken_for_misspelled_ones() -> None:
    others = (
        "AIRFLOW_DAGS_PAUSED",
        "AIRFLOW_PORT",
        "MLFLOW_PORT",
        "MONITORING_PORT",
        "REDIS_PORT",
        "S3_PORT",
        "WITH_PARTS",
    )
    assert Settings.misspelled_variables([*(f"MEADOW_{name}" for name in others), "MEADOW_API_PORT", "HOME"]) == {}
