"""A stack: start what is not running, stop everything, look at it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from meadow_core.atomic_file import write_atomically
from meadow_core.file_lock import file_lock
from meadow_local import stack_env
from meadow_local.checks import Target
from meadow_local.errors import StackError
from meadow_local.extras import Extra, extras_called, in_order, split_names
from meadow_local.home import Home
from meadow_local.parts import PARTS, Part
from meadow_local.ports import check_ports
from meadow_local.processes import end, orphans_of, started_at
from meadow_local.settings import LocalSettings, variable
from meadow_local.supervisor import Supervisor
from meadow_local.supervisord_conf import render_supervisord_conf

ORPHAN_SECONDS = 15
WITH_PARTS = variable("with_parts")


@dataclass(frozen=True)
class Start:
    """What `Stack.start` did."""

    settings: LocalSettings
    fresh: bool
    """Whether nothing ran before."""
    started: tuple[Part, ...]
    """Parts that were not running."""
    added: tuple[Extra, ...] = ()
    """Extras that did not belong to the stack before."""


class Stack:
    """The processes of one home."""

    def __init__(self, home: Home, parts: Sequence[Part] = PARTS) -> None:
        self.home = home
        self._own_parts = tuple(parts)
        self.supervisor = Supervisor(home)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its own parts, then those of its extras."""
        return (*self._own_parts, *(part for extra in self.extras for part in extra.parts))

    @property
    def extras(self) -> tuple[Extra, ...]:
        """The extras that belong to it, as was saved when it was last started."""
        return extras_called(split_names(stack_env.saved(self.home, "with_parts")))

    @property
    def is_running(self) -> bool:
        """Whether its process manager runs."""
        return self.supervisor.pid() is not None

    def settings(self) -> LocalSettings:
        """The saved settings."""
        return stack_env.load(self.home)

    def choose_extras(
        self, environ: Mapping[str, str], *, add: Iterable[str] = (), drop: Iterable[str] = ()
    ) -> tuple[Extra, ...]:
        """Say which extras the stack is to have: those it has, or that the environment names, with some changes.

        Raises:
            StackError: There is no extra of a name.
        """
        named = environ.get(WITH_PARTS)
        before = {extra.name for extra in self.extras} if named is None else set(split_names(named))
        return extras_called((before | set(in_order(add))) - set(in_order(drop)))

    def start(self, environ: Mapping[str, str], extras: Sequence[Extra] | None = None) -> Start:
        """Start the parts that are not running; does not wait until they are ready.

        Args:
            environ: Names settings.
            extras: What belongs to the stack from now on, installed already; None leaves it to the environment.

        Raises:
            StackError: A port is taken, the disk is full, a setting is wrong: nothing was started.
        """
        self.home.claim()
        self.home.check_space()
        before = self.extras
        wanted = self.choose_extras(environ) if extras is None else tuple(extras)
        environ = {**environ, WITH_PARTS: _names(wanted)}
        with file_lock(self.home.lock_file):
            if self.is_running and not self.supervisor.answers():
                self._stop()
            try:
                start = self._start(environ, wanted)
            except StackError:
                if self.extras != before:
                    stack_env.configure(self.home, {WITH_PARTS: _names(before)})
                raise
        return replace(start, added=tuple(extra for extra in wanted if extra not in before))

    def stop(self) -> bool:
        """End every process of this home; False when there was none."""
        if not self.home.is_claimed:
            return False
        self.home.claim()
        with file_lock(self.home.lock_file):
            return self._stop()

    def target(self, settings: LocalSettings, pid: int | None) -> Target:
        """What a check is told about a part's process."""
        started = started_at(pid) if pid else None
        return Target(settings, datetime.fromtimestamp(started or 0, UTC))

    def _start(self, environ: Mapping[str, str], extras: Sequence[Extra]) -> Start:
        if not self.is_running:
            return self._start_all(environ)
        if tuple(extras) != self.extras:
            return self._change_extras(environ, extras)
        return self._start_missing()

    def _start_all(self, environ: Mapping[str, str]) -> Start:
        # What a killed process manager left behind would hold the ports.
        end(orphans_of(self.home.root), ORPHAN_SECONDS)
        settings = stack_env.configure(self.home, environ)
        check_ports(self.parts, settings)
        self._configure_supervisor(self.parts, settings)
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

    def _change_extras(self, environ: Mapping[str, str], extras: Sequence[Extra]) -> Start:
        """Bring extras into the running stack, or take them out; its other parts and settings stay as they are."""
        fresh = tuple(part for extra in extras if extra not in self.extras for part in extra.parts)
        own = tuple(variable(f"{extra.name}_") for extra in extras)
        settings = stack_env.configure(
            self.home, {name: text for name, text in environ.items() if name.startswith((*own, WITH_PARTS))}
        )
        check_ports(fresh, settings)
        self._configure_supervisor(fresh, settings)
        self.supervisor.update()
        others = self._start_missing()
        return Start(settings, fresh=False, started=(*others.started, *fresh))

    def _configure_supervisor(self, fresh: Sequence[Part], settings: LocalSettings) -> None:
        for part in fresh:
            part.prepare(settings)
        write_atomically(
            self.home.supervisord_conf, render_supervisord_conf(self.home, self.parts, settings).encode(), private=True
        )

    def _stop(self) -> bool:
        was_running = self.is_running
        self.supervisor.stop()
        orphans = orphans_of(self.home.root)
        end(orphans, ORPHAN_SECONDS)
        return was_running or bool(orphans)


def _names(extras: Iterable[Extra]) -> str:
    return ",".join(extra.name for extra in extras)
