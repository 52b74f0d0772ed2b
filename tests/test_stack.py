"""The embedded stack's promises, kept by the real parts."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from meadow_local.home import Home
from meadow_local.parts import PART_NAMES
from meadow_local.processes import orphans_of
from meadow_local.settings import variable
from running_stack import RunningStack

pytestmark = pytest.mark.system

MEADOW = str(Path(sys.executable).parent / "meadow")
COMMAND_SECONDS = 280


def meadow(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would, on a wide terminal."""
    return subprocess.run(  # noqa: S603 - our own command
        [MEADOW, *arguments],
        env={**environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_up_is_idempotent(stack: RunningStack) -> None:
    before = {part: stack.pid_of(part) for part in PART_NAMES}
    done = meadow(stack.env, "up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Already running" in done.stdout
    assert {part: stack.pid_of(part) for part in PART_NAMES} == before


def test_status_says_that_all_is_well_and_where(stack: RunningStack) -> None:
    done = meadow(stack.env, "status")
    assert done.returncode == 0, done.stdout
    for part in PART_NAMES:
        assert part in done.stdout
    assert f"{stack.settings.api_url}/docs" in done.stdout
    assert "interactive 0" in done.stdout


def test_every_part_listens_on_loopback_alone(stack: RunningStack) -> None:
    pids = {process.pid for process in orphans_of(stack.home.root)}
    open_to_all = [
        connection
        for connection in psutil.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
        and connection.pid in pids
        and connection.laddr
        and connection.laddr.ip not in ("127.0.0.1", "::1")
    ]
    assert open_to_all == []


def test_no_secret_is_on_a_command_line(stack: RunningStack) -> None:
    secrets = [stack.settings.redis_password.get_secret_value(), stack.settings.s3_secret_key.get_secret_value()]
    for process in orphans_of(stack.home.root):
        line = " ".join(process.cmdline())
        assert not any(secret in line for secret in secrets), process.name()


def test_a_killed_part_is_reported_and_started_again(stack: RunningStack) -> None:
    stopped = stack.pid_of("flower")
    stack.stop_part("ui")
    psutil.Process(stopped).kill()
    told = meadow(stack.env, "status")
    assert told.returncode == 1
    assert "stopped" in next(line for line in told.stdout.splitlines() if line.startswith("ui"))
    eventually(lambda: stack.stack.supervisor.processes()["flower"].pid not in (None, stopped))
    done = meadow(stack.env, "up")
    assert done.returncode == 0, done.stdout
    assert meadow(stack.env, "status").returncode == 0


def test_logs_are_one_stream(stack: RunningStack) -> None:
    done = meadow(stack.env, "logs", "api", "redis", "-n", "500")
    prefixes = {line.split("│")[0].strip() for line in done.stdout.splitlines()}
    assert prefixes == {"api", "redis"}
    assert meadow(stack.env, "logs", "nonsense").returncode == 1


def test_a_taken_port_is_reported_by_name_and_nothing_is_started(stack_env: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = meadow({**stack_env, "MEADOW_HOME": str(tmp_path / "home"), variable("s3_port"): str(port)}, "up")
    assert done.returncode == 1
    assert f"Port {port} of s3 is taken" in done.stdout
    assert "MEADOW_S3_PORT" in done.stdout
    assert orphans_of(tmp_path / "home") == []


def test_reset_refuses_a_folder_that_is_not_a_home(stack_env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("dear")
    done = meadow({**stack_env, "MEADOW_HOME": str(tmp_path)}, "reset", "--yes")
    assert done.returncode == 1
    assert "is not a Meadow home" in done.stdout
    assert (tmp_path / "thesis.txt").exists()


def test_state_survives_down_and_up_and_down_leaves_no_process(stack: RunningStack) -> None:
    job = stack.client.open_batch("kept over a restart")
    assert meadow(stack.env, "down").returncode == 0
    assert orphans_of(stack.home.root) == []
    assert meadow(stack.env, "status").returncode == 1
    stack.up()
    assert stack.client.job(job.id).name == "kept over a restart"


def test_reset_deletes_a_home(stack_env: dict[str, str], tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.claim()
    done = meadow({**stack_env, "MEADOW_HOME": str(home.root)}, "reset", "--yes")
    assert done.returncode == 0, done.stdout
    assert not home.root.exists()
