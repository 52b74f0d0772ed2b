"""How each part is, asked now."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from meadow_local.errors import NotReadyError
from meadow_local.parts import Part
from meadow_local.processes import tree_memory
from meadow_local.settings import LocalSettings
from meadow_local.stack import Stack
from meadow_local.supervisor import PartProcess


class PartState(StrEnum):
    """What a part is doing."""

    READY = "ready"
    """It does its work."""
    STARTING = "starting"
    """Its process is young, and does not do its work yet."""
    NOT_READY = "not ready"
    """Its process runs, but does not do its work."""
    STOPPED = "stopped"
    DEAD = "dead"
    """Its process ended, and was not or could not be started again."""


@dataclass(frozen=True)
class PartStatus:
    """One line of `meadow status`."""

    part: Part
    state: PartState
    note: str = ""
    pid: int | None = None
    uptime: int = 0
    memory: int = 0


def look(stack: Stack) -> list[PartStatus]:
    """The state of every part."""
    if not stack.supervisor.answers():
        return [PartStatus(part, PartState.STOPPED) for part in stack.parts]
    settings = stack.settings()
    processes = stack.supervisor.processes()
    with ThreadPoolExecutor(max_workers=len(stack.parts)) as pool:
        return list(pool.map(lambda part: _look_at(stack, part, processes, settings), stack.parts))


def _look_at(stack: Stack, part: Part, processes: Mapping[str, PartProcess], settings: LocalSettings) -> PartStatus:
    process = processes.get(part.name)
    if process is None or process.state in ("STOPPED", "STOPPING"):
        return PartStatus(part, PartState.STOPPED)
    if process.pid is None:
        return PartStatus(part, PartState.DEAD, "see its log")
    state, note = _readiness(stack, part, process, settings)
    return PartStatus(part, state, note, process.pid, process.uptime, tree_memory(process.pid))


def _readiness(stack: Stack, part: Part, process: PartProcess, settings: LocalSettings) -> tuple[PartState, str]:
    try:
        part.ready(stack.target(settings, process.pid))
    except NotReadyError as reason:
        state = PartState.STARTING if process.state == "STARTING" else PartState.NOT_READY
        return state, str(reason)
    return PartState.READY, ""
