import os
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from meadow_local.errors import StackError
from meadow_local.home import Home
from meadow_local.parts import Part
from meadow_local.processes import orphans_of
from meadow_local.stack import Stack

MakePart = Callable[..., Part]
MakeStack = Callable[..., Stack]


def test_start_is_idempotent_and_stop_leaves_nothing(make_part: MakePart, make_stack: MakeStack) -> None:
    stack = make_stack(make_part("one"), make_part("two", group="stores"))
    first = stack.start({})
    assert first.fresh
    pids = {name: process.pid for name, process in stack.supervisor.processes().items()}
    second = stack.start({})
    assert (second.fresh, second.started) == (False, ())
    assert {name: process.pid for name, process in stack.supervisor.processes().items()} == pids
    assert stack.stop()
    assert not stack.is_running
    assert not any(psutil.pid_exists(pid) for pid in pids.values() if pid)
    assert not stack.stop()


def test_a_part_that_was_stopped_is_started_again_alone(make_part: MakePart, make_stack: MakeStack) -> None:
    stack = make_stack(make_part("one"), make_part("two"))
    stack.start({})
    before = stack.supervisor.processes()
    stack.supervisor.stop_part(before["one"])
    start = stack.start({})
    assert [part.name for part in start.started] == ["one"]
    after = stack.supervisor.processes()
    assert after["two"].pid == before["two"].pid
    assert after["one"].is_on


def test_what_a_killed_process_manager_left_is_ended(make_part: MakePart, make_stack: MakeStack, home: Home) -> None:
    stack = make_stack(make_part("one"))
    stack.start({})
    daemon = stack.supervisor.pid()
    assert daemon is not None
    killed = psutil.Process(daemon)
    killed.kill()
    killed.wait(10)
    orphan = next(process for process in orphans_of(home.root) if process.pid != daemon)
    assert not stack.is_running
    stack.start({})
    assert not psutil.pid_exists(orphan.pid)
    assert stack.stop()
    assert orphans_of(home.root) == []


def test_stop_ends_orphans_too(make_part: MakePart, make_stack: MakeStack, home: Home) -> None:
    stack = make_stack(make_part("one"))
    stack.start({})
    psutil.Process(stack.supervisor.pid()).kill()
    assert stack.stop()
    assert orphans_of(home.root) == []


def test_a_taken_port_starts_nothing(make_part: MakePart, make_stack: MakeStack, home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stack = make_stack(make_part("api", ports=("api_port",)), make_part("two"))
        with pytest.raises(StackError, match="api"):
            stack.start({"MEADOW_API_PORT": str(server.getsockname()[1])})
    assert not stack.is_running
    assert orphans_of(home.root) == []


def test_parts_get_the_home_and_no_other_setting(
    make_part: MakePart, make_stack: MakeStack, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    code = f"import os, time; open({str(seen)!r}, 'w').write(repr(dict(os.environ))); time.sleep(600)"
    monkeypatch.setenv("MEADOW_API_PORT", "9")
    stack = make_stack(make_part("one", code=code, ready=lambda _: None))
    stack.start({})
    while not seen.exists() or not seen.read_text().endswith("}"):
        assert stack.is_running
    environ = eval(seen.read_text())  # noqa: S307 - written by this test
    assert environ["MEADOW_HOME"] == str(home.root)
    assert "MEADOW_API_PORT" not in environ


def test_nothing_runs_in_a_folder_that_is_no_home(tmp_path: Path) -> None:
    stack = Stack(Home(tmp_path / "nowhere"), [])
    assert not stack.is_running
    assert not stack.stop()
    assert not os.path.exists(tmp_path / "nowhere")  # noqa: PTH110 - reads well
