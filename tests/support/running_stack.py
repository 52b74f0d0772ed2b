"""A whole embedded stack in a temporary home, started by the code that `meadow up` runs."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path

import psutil

from meadow.client import Client
from meadow.client.retries import PATIENT
from meadow_local import stack_env
from meadow_local.home import Home
from meadow_local.parts import PARTS, Part
from meadow_local.processes import end
from meadow_local.settings import LocalSettings, variable
from meadow_local.stack import Stack
from meadow_local.startup import wait_until_ready

READY_SECONDS = 240.0
READY_SECONDS_OF_EXTRAS = 180.0
"""So much longer for each extra."""


class RunningStack:
    """A stack to test on: where it is, and what a test does to it."""

    def __init__(
        self, home: Home, env: dict[str, str], *, parts: Sequence[Part] = PARTS, extras: Sequence[str] = ()
    ) -> None:
        self.home = home
        self.env = env
        """What a command on this stack is run with."""
        self.stack = Stack(home, parts)
        self._extras = self.stack.choose_extras(env, add=extras)
        for extra in self._extras:
            extra.install(print)
        self._daemon: int | None = None
        self.settings: LocalSettings = self.up()
        # How soon a part that was killed is back depends on the machine.
        self.client = Client.from_settings(self.settings, retries=PATIENT)

    def up(self) -> LocalSettings:
        """Start what is not running and wait until everything is ready."""
        # A test may have added some since the first start.
        extras = self.stack.extras or self._extras
        start = self.stack.start(self.env, extras)
        self._daemon = self.stack.supervisor.pid()
        timeout = READY_SECONDS + READY_SECONDS_OF_EXTRAS * len(extras)
        for _ in wait_until_ready(self.stack, start.settings, self.stack.parts, timeout=timeout):
            pass
        return start.settings

    def close(self) -> None:
        """End every process."""
        self.client.close()
        self.stack.stop()
        if self._daemon is not None and psutil.pid_exists(self._daemon):
            end([psutil.Process(self._daemon)], patience=5)

    def pid_of(self, part: str) -> int:
        """The process id of a part that runs."""
        pid = self.stack.supervisor.processes()[part].pid
        assert pid is not None, f"{part} does not run: {self.log(part)[-2000:]}"
        return pid

    def restart(self, part: str) -> None:
        """Stop a part, start it again and wait until it is ready."""
        self.stop_part(part)
        self.up()

    def stop_part(self, part: str) -> None:
        """Stop a part, and leave it stopped."""
        self.stack.supervisor.stop_part(self.stack.supervisor.processes()[part])

    def log(self, part: str) -> str:
        """All that a part has logged."""
        path = self.home.log_file(part)
        return path.read_text(errors="replace") if path.exists() else ""


def stack_environment(home: Path) -> dict[str, str]:
    """The environment of a stack of its own: no settings of the person's, and ports that nobody uses."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEADOW_")}
    ports = zip(stack_env.PORTS, free_ports(len(stack_env.PORTS)), strict=True)
    return {
        **kept,
        **{variable(name): str(port) for name, port in ports},
        "MEADOW_HOME": str(home),
        "MEADOW_WORKER_PROCESSES": "2",
        "MEADOW_MODEL_POLL_SECONDS": "0.5",
        # The models of these tests are trained for seconds: one that can only guess will do.
        "MEADOW_PROMOTION_MIN_ACCURACY": "0",
    }


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
