import os
from pathlib import Path

import pytest

from meadow_local import stack_env
from meadow_local.extras import EXTRAS
from meadow_local.parts import PARTS, Part
from meadow_local.settings import LocalSettings

ALL_PARTS = (*PARTS, *(part for extra in EXTRAS for part in extra.parts))


def test_every_port_of_the_stack_is_checked_and_saved() -> None:
    assert sorted(port for part in ALL_PARTS for port in part.ports) == sorted(stack_env.PORTS)


@pytest.mark.parametrize("part", ALL_PARTS, ids=lambda part: part.name)
def test_commands_are_complete_paths_without_secrets(
    part: Part, settings: LocalSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not every machine has what extras need.
    (tmp_path / "prometheus").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    command = part.command(settings)
    assert command[0].startswith("/")
    for secret in (settings.redis_password, settings.s3_secret_key, settings.airflow_password, settings.airflow_secret):
        assert not any(secret.get_secret_value() in word for word in command)


def test_no_two_parts_have_one_name() -> None:
    names = [part.name for part in ALL_PARTS]
    assert len(set(names)) == len(names)


def test_pages_are_on_loopback(settings: LocalSettings) -> None:
    pages = [part.page(settings) for part in PARTS if part.page]
    assert len(pages) == 4
    assert all(page.startswith("http://127.0.0.1:") for page in pages)


def test_preparing_makes_what_the_parts_expect(settings: LocalSettings) -> None:
    for part in PARTS:
        part.prepare(settings)
    assert sorted(path.name for path in settings.s3_folder.iterdir()) == sorted(settings.buckets)
    assert settings.mlflow_folder.is_dir()
