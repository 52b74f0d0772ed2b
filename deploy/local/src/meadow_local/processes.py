"""What the operating system knows about the stack's processes."""

import os
from pathlib import Path

import psutil

PART_VARIABLE = "MEADOW_PART"
"""Set, with MEADOW_HOME, in the environment of every process that the stack starts, and inherited by its children."""


def tree_memory(pid: int) -> int:
    """Resident bytes of a process and its descendants; 0 when it is gone."""
    try:
        root = psutil.Process(pid)
        members = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_resident(process) for process in members)


def started_at(pid: int) -> float | None:
    """When a process started, in seconds since the epoch; None when it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def port_holder(port: int) -> str | None:
    """The process that listens on a port, when the system tells us."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            return _described(connection.pid)
    return None


def orphans_of(home: Path) -> list[psutil.Process]:
    """Processes that a stack of this home started and that still run, whoever their parent is now."""
    own = os.getpid()
    return [process for process in psutil.process_iter() if process.pid != own and _belongs(process, home)]


def end(processes: list[psutil.Process], patience: float) -> None:
    """Ask processes to end, and kill those that have not after `patience` seconds."""
    _signal_all(processes, kill=False)
    _, alive = psutil.wait_procs(processes, timeout=patience)
    _signal_all(alive, kill=True)
    psutil.wait_procs(alive, timeout=patience)


def _belongs(process: psutil.Process, home: Path) -> bool:
    try:
        environ = process.environ()
        return PART_VARIABLE in environ and environ.get("MEADOW_HOME") == str(home)
    except (psutil.Error, OSError):
        return False


def _signal_all(processes: list[psutil.Process], *, kill: bool) -> None:
    for process in processes:
        try:
            process.kill() if kill else process.terminate()
        except psutil.NoSuchProcess:
            continue


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _described(pid: int | None) -> str | None:
    if pid is None:
        return None
    try:
        return f"{psutil.Process(pid).name()} (process {pid})"
    except psutil.Error:
        return f"process {pid}"
