"""`deploy/compose/make-env` writes what Compose starts with."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values

import compose_files
from compose_files import FOLDER
from meadow_api.auth import ApiKeys
from meadow_core.settings import Settings
from meadow_core.webhooks.rules import WebhookRules


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("make-env", ".env.example"):
        shutil.copy(FOLDER / name, tmp_path)
    return tmp_path


def make_env(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "make-env"], capture_output=True, text=True, check=False)  # noqa: S603 - our own


def values(folder: Path) -> dict[str, str]:
    return {name: value or "" for name, value in dotenv_values(folder / ".env", interpolate=False).items()}


def test_every_variable_that_compose_asks_for_has_a_value_of_its_own(folder: Path) -> None:
    assert make_env(folder).returncode == 0
    written = values(folder)
    asked = [name for name, uses in compose_files.variables().items() if any(operator == ":?" for operator, _ in uses)]
    assert len(asked) > 10
    secrets = [written[name] for name in asked]
    assert all(len(secret) >= 18 for secret in secrets)
    assert len(set(secrets)) == len(secrets)
    assert set(written) == set(compose_files.sample())


def test_two_are_never_alike(folder: Path) -> None:
    make_env(folder)
    first = values(folder)
    (folder / ".env").unlink()
    make_env(folder)
    assert values(folder)["REDIS_PASSWORD"] != first["REDIS_PASSWORD"]


def test_the_gateway_lets_the_key_in_and_can_sign(folder: Path) -> None:
    make_env(folder)
    written = values(folder)
    settings = Settings.model_validate(
        {
            "api_host": "0.0.0.0",  # noqa: S104 - as in a container
            "api_keys": written["MEADOW_API_KEYS"],
            "webhook_secret": written["MEADOW_WEBHOOK_SECRET"],
        }
    )
    assert ApiKeys.from_settings(settings).caller(written["MEADOW_API_KEY"]) == "compose"
    assert WebhookRules.from_settings(settings)


def test_only_its_owner_reads_it_whatever_the_umask(folder: Path) -> None:
    old = os.umask(0)
    try:
        make_env(folder)
    finally:
        os.umask(old)
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600


def test_what_is_there_stays(folder: Path) -> None:
    (folder / ".env").write_text("REDIS_PASSWORD=precious\n")
    done = make_env(folder)
    assert done.returncode != 0
    assert "left as it is" in done.stderr
    assert (folder / ".env").read_text() == "REDIS_PASSWORD=precious\n"
