"""Waiting until every part is ready, and noticing when one never will be."""

import threading
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException

from meadow_local.errors import NotReadyError, PartError, StackError
from meadow_local.parts import Part
from meadow_local.settings import LocalSettings
from meadow_local.stack import Stack

TICK_SECONDS = 0.2
LONGEST_PAUSE = 1.0
MOST_STARTS = 3
"""A part that was started more often while it was waited for dies again and again."""


@dataclass
class Progress:
    """How far one part has come."""

    part: Part
    note: str = "starting"
    ready_after: float | None = None
    """Seconds until it was ready; None as long as it is not."""
    pid: int | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it does its work."""
        return self.ready_after is not None


def wait_until_ready(
    stack: Stack, settings: LocalSettings, parts: Sequence[Part], *, timeout: float
) -> Iterator[list[Progress]]:
    """Yield the progress of all parts until each is ready.

    Raises:
        PartError: A part keeps dying, or is not ready in time.
    """
    begun = time.monotonic()
    rows = [Progress(part) for part in parts]
    starts: dict[str, set[int]] = {part.name: set() for part in parts}
    given_up = threading.Event()
    with ThreadPoolExecutor(max_workers=max(len(rows), 1)) as pool:
        futures = [pool.submit(_follow, stack, settings, row, begun, given_up) for row in rows]
        try:
            while not all(row.is_ready for row in rows):
                _note_processes(stack, rows, starts)
                _raise_unexpected(futures)
                if time.monotonic() - begun > timeout:
                    late = next(row for row in rows if not row.is_ready)
                    raise PartError(
                        late.part.name, f"{late.part.name} was not ready within {timeout:.0f} seconds: {late.note}."
                    )
                yield rows
                time.sleep(TICK_SECONDS)
        finally:
            given_up.set()
    yield rows


def _follow(stack: Stack, settings: LocalSettings, row: Progress, begun: float, given_up: threading.Event) -> None:
    """Check one part until it is ready, more and more seldom: the parts that start need the processor."""
    pause = TICK_SECONDS
    while not given_up.wait(pause):
        if row.pid is None:
            continue
        pause = min(pause * 1.3, LONGEST_PAUSE)
        try:
            row.part.ready(stack.target(settings, row.pid))
        except NotReadyError as reason:
            row.note = str(reason)
        else:
            row.ready_after = time.monotonic() - begun
            row.note = ""
            return


def _note_processes(stack: Stack, rows: Sequence[Progress], starts: dict[str, set[int]]) -> None:
    """Look at the processes themselves."""
    try:
        processes = stack.supervisor.processes()
    except (OSError, HTTPException, xmlrpc.client.Error) as error:
        log = stack.home.log_file("supervisord")
        raise StackError(f"The process manager went away while the parts started. Its log is {log}.") from error
    for row in rows:
        process = processes[row.part.name]
        row.pid = process.pid
        if process.pid:
            starts[row.part.name].add(process.pid)
        if process.state == "FATAL" or len(starts[row.part.name]) > MOST_STARTS:
            raise PartError(row.part.name, f"{row.part.name} died while it started, again and again.")


def _raise_unexpected(futures: Sequence[Future[None]]) -> None:
    for future in futures:
        if future.done():
            future.result()
