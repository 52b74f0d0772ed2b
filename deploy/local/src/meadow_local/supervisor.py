"""Supervisord, asked and told over its socket."""

import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, Literal, cast

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport  # type: ignore[import-untyped]

from meadow_local.environment import child_environment
from meadow_local.errors import StackError
from meadow_local.home import Home
from meadow_local.processes import end

ProcessState = Literal["STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN"]

START_SECONDS = 20
SHUTDOWN_SECONDS = 60
"""Longer than the slowest part of each group may take."""


class PartProcess:
    """A part's process, as supervisord sees it."""

    def __init__(self, info: Mapping[str, Any]) -> None:
        self.name = cast("str", info["name"])
        self.full_name = f"{info['group']}:{info['name']}"
        self.state = cast("ProcessState", info["statename"])
        self.pid = cast("int", info["pid"]) or None
        self.uptime = cast("int", info["now"] - info["start"]) if self.pid else 0

    @property
    def is_on(self) -> bool:
        """Whether supervisord runs it or is about to."""
        return self.state in ("STARTING", "RUNNING", "BACKOFF")


class Supervisor:
    """The supervisord of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def pid(self) -> int | None:
        """The daemon's process id; None when none runs, whatever an old pid file says."""
        try:
            pid = int(self._home.pid_file.read_text())
            command = psutil.Process(pid).cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return pid if str(self._home.supervisord_conf) in command else None

    def answers(self) -> bool:
        """Whether the daemon takes orders."""
        try:
            with self._rpc() as rpc:
                return bool(rpc.getState()["statename"] == "RUNNING")
        except (OSError, HTTPException, xmlrpc.client.Error):
            return False

    def start(self) -> None:
        """Start the daemon, and with it every part.

        Raises:
            StackError: It does not start.
        """
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._home.supervisord_conf)]
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            env={**child_environment(os.environ), "MEADOW_HOME": str(self._home.root)},
            cwd=self._home.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        if done.returncode:
            raise StackError(f"The process manager does not start: {done.stderr.strip() or done.stdout.strip()}")
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                log = self._home.log_file("supervisord")
                raise StackError(f"The process manager does not answer. Its log is {log}.")
            time.sleep(0.05)

    def processes(self) -> dict[str, PartProcess]:
        """Every part's process, by part."""
        with self._rpc() as rpc:
            found = [PartProcess(info) for info in rpc.getAllProcessInfo()]
        return {process.name: process for process in found}

    def start_part(self, process: PartProcess) -> None:
        """Start a part that is not running."""
        with self._rpc() as rpc, _expected(Faults.ALREADY_STARTED):
            rpc.startProcess(process.full_name, False)  # noqa: FBT003 - XML-RPC knows no keywords

    def stop_part(self, process: PartProcess) -> None:
        """Stop a part, and wait until it has."""
        with self._rpc() as rpc, _expected(Faults.NOT_RUNNING):
            rpc.stopProcess(process.full_name)

    def update(self) -> None:
        """Follow a configuration that was changed: start groups that are new, end and forget those that are gone."""
        with self._rpc() as rpc:
            [[added, _, removed]] = rpc.reloadConfig()
            for group in removed:
                rpc.stopProcessGroup(group)
                rpc.removeProcessGroup(group)
            for group in added:
                rpc.addProcessGroup(group)

    def stop(self) -> None:
        """Stop the parts in order, then the daemon; it takes a SIGTERM as that, even when its socket is gone."""
        pid = self.pid()
        if pid is not None:
            end([psutil.Process(pid)], SHUTDOWN_SECONDS)

    @contextmanager
    def _rpc(self) -> Iterator[Any]:
        transport = SupervisorTransport(None, None, f"unix://{self._home.socket}")
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
        try:
            yield proxy.supervisor
        finally:
            transport.close()


@contextmanager
def _expected(fault: int) -> Iterator[None]:
    """A fault that means the order is already carried out."""
    try:
        yield
    except xmlrpc.client.Fault as error:
        if error.faultCode != fault:
            raise
