import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from meadow_local import processes

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process as the stack of `tmp_path` starts them."""
    environ = {**os.environ, "MEADOW_HOME": str(tmp_path), processes.PART_VARIABLE: "api"}
    command = [sys.executable, "-c", STUBBORN]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 - ours
        assert child.stdout is not None
        child.stdout.readline()
        yield child
        child.kill()


def test_orphans_are_those_of_this_home(started: subprocess.Popen[str], tmp_path: Path) -> None:
    assert [process.pid for process in processes.orphans_of(tmp_path)] == [started.pid]
    assert processes.orphans_of(tmp_path / "other") == []


def test_a_process_that_ignores_the_request_is_killed(started: subprocess.Popen[str]) -> None:
    processes.end([psutil.Process(started.pid)], 0.3)
    assert not psutil.pid_exists(started.pid)


def test_memory_counts_the_children(started: subprocess.Popen[str]) -> None:
    assert processes.tree_memory(started.pid) > 1024**2
    assert processes.tree_memory(os.getpid()) > processes.tree_memory(started.pid)


def test_what_is_gone_has_neither_memory_nor_a_start() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert processes.tree_memory(child.pid) == 0
    assert processes.started_at(child.pid) is None
    before = processes.started_at(os.getpid())
    assert before is not None
    assert before < time.time()
