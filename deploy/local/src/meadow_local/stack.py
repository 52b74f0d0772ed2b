"""A stack: start what is not running, stop everything, look at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from meadow_local import stack_env
from meadow_local.checks import Target
from meadow_local.errors import StackError
from meadow_local.home import Home
from meadow_local.lock import exclusive
from meadow_local.parts import PARTS, Part
from meadow_local.ports import check_ports
from meadow_local.private_file import write_private
from meadow_local.processes import end, leftovers, started_at
from meadow_local.settings import LocalSettings
from meadow_local.supervisor import Supervisor
from meadow_local.supervisord_conf import render_supervisord_conf

LEFTOVER_SECONDS = 15


@dataclass(frozen=True)
class Start:
    """What `Stack.start` did."""

    settings: LocalSettings
    fresh: bool
    """Whether nothing ran before."""
    started: tuple[Part, ...]
    """Parts that were not running."""


class Stack:
    """The processes of one home."""

    def __init__(self, home: Home, parts: Sequence[Part] = PARTS) -> None:
        self.home = home
        self.parts = tuple(parts)
        self.supervisor = Supervisor(home)

    @property
    def is_running(self) -> bool:
        """Whether its process manager runs."""
        return self.supervisor.pid() is not None

    def settings(self) -> LocalSettings:
        """The saved settings."""
        return stack_env.load(self.home)

    def start(self, environ: Mapping[str, str]) -> Start:
        """Start the parts that are not running; does not wait until they are ready.

        Raises:
            StackError: A port is taken, the disk is full, a setting is wrong: nothing was started.
        """
        self.home.claim()
        self.home.check_space()
        with exclusive(self.home):
            if self.is_running and not self.supervisor.answers():
                self._stop()
            return self._start_missing() if self.is_running else self._start_all(environ)

    def stop(self) -> bool:
        """End every process of this home; False when there was none."""
        if not self.home.is_claimed:
            return False
        self.home.claim()
        with exclusive(self.home):
            return self._stop()

    def target(self, settings: LocalSettings, pid: int | None) -> Target:
        """What a check is told about a part's process."""
        started = started_at(pid) if pid else None
        return Target(settings, datetime.fromtimestamp(started or 0, UTC))

    def _start_all(self, environ: Mapping[str, str]) -> Start:
        # What a killed process manager left behind would hold the ports.
        end(leftovers(self.home.root), LEFTOVER_SECONDS)
        settings = stack_env.configure(self.home, environ)
        check_ports(self.parts, settings)
        for part in self.parts:
            part.prepare(settings)
        write_private(self.home.supervisord_conf, render_supervisord_conf(self.home, self.parts, settings))
        self.supervisor.start()
        return Start(settings, fresh=True, started=self.parts)

    def _start_missing(self) -> Start:
        settings = self.settings()
        processes = self.supervisor.processes()
        unknown = [part.name for part in self.parts if part.name not in processes]
        if unknown:
            raise StackError(
                f"The running stack does not know {', '.join(unknown)}: restart it (`meadow down`, `meadow up`)."
            )
        missing = tuple(part for part in self.parts if not processes[part.name].is_on)
        check_ports(missing, settings)
        for part in missing:
            self.supervisor.start_part(processes[part.name])
        return Start(settings, fresh=False, started=missing)

    def _stop(self) -> bool:
        was_running = self.is_running
        self.supervisor.stop()
        orphans = leftovers(self.home.root)
        end(orphans, LEFTOVER_SECONDS)
        return was_running or bool(orphans)
