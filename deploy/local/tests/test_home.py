import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from meadow_local.errors import StackError
from meadow_local.home import SOCKET_PATH_LIMIT, Home


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_new_folder_becomes_a_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "new" / "home")
    home.claim()
    assert home.is_claimed
    assert home.logs.is_dir()
    assert home.root.stat().st_mode & 0o077 == 0


def test_a_folder_with_other_files_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("dear")
    with pytest.raises(StackError, match="holds files that are not Meadow's"):
        Home(tmp_path).claim()
    assert not Home(tmp_path).is_claimed


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="cannot be the stack's home"):
        Home(tmp_path / "file").claim()


def test_only_a_home_is_deleted(home: Home, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    with pytest.raises(StackError, match="is not a Meadow home"):
        Home(foreign).delete()
    home.delete()
    assert foreign.exists()
    assert not home.root.exists()


def test_a_deep_home_gets_a_short_socket(tmp_path: Path) -> None:
    deep = Home(tmp_path / ("d" * SOCKET_PATH_LIMIT))
    assert len(str(deep.socket)) <= SOCKET_PATH_LIMIT
    assert deep.socket != Home(deep.root / "other").socket
    assert Home(Path("/short")).socket == Path("/short/run/supervisord.sock")


def test_a_full_disk_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.check_space()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 5 * 1024**2))
    with pytest.raises(StackError, match="Only 5 MiB are free"):
        home.check_space()


def test_the_environment_names_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Home.from_environment().root == tmp_path / "home"
    monkeypatch.delenv("MEADOW_HOME")
    monkeypatch.chdir(tmp_path)
    assert Home.from_environment().root == tmp_path / ".meadow"
