import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from meadow_local import stack_env
from meadow_local.home import Home
from meadow_local.parts import Part
from meadow_local.settings import LocalSettings
from meadow_local.stack import Stack

FreePort = Callable[[], int]
MakePart = Callable[..., Part]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in stack_env.PORTS:
        monkeypatch.delenv(f"MEADOW_{name.upper()}", raising=False)
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path / "home"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.claim()
    return made


@pytest.fixture
def settings(home: Home) -> LocalSettings:
    return stack_env.configure(home, {})


@pytest.fixture
def free_port() -> FreePort:
    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture
def make_part() -> MakePart:
    """Parts that only sleep, or run the Python given."""

    def make(name: str = "sleeper", code: str = "import time; time.sleep(600)", **changes: object) -> Part:
        fields: dict[str, object] = {
            "name": name,
            "about": "a test",
            "group": "services",
            "command": lambda _: [sys.executable, "-c", code],
            "ready": lambda _: None,
            "steady_seconds": 0,
            "stop_seconds": 5,
        }
        return Part(**{**fields, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_stack(home: Home) -> Iterator[Callable[..., Stack]]:
    """Stacks of the given parts, which end with the test."""
    made: list[Stack] = []

    def make(*parts: Part) -> Stack:
        made.append(Stack(home, parts))
        return made[-1]

    yield make
    for stack in made:
        stack.stop()
