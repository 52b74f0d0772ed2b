"""The logs of all parts as one stream."""

import heapq
import os
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TextIO

from meadow_local.home import Home
from meadow_local.log_lines import LogLine, dated
from meadow_local.log_tail import tail

POLL_SECONDS = 0.25


def history(home: Home, names: Sequence[str], count: int) -> list[LogLine]:
    """The last lines of several logs, in the order in which they were written."""
    streams = [dated(name, tail(home.log_file(name), count)) for name in names]
    merged = list(heapq.merge(*streams, key=lambda line: line.when))
    return merged[-count:] if count else []


def follow(home: Home, names: Sequence[str]) -> Generator[LogLine]:
    """Yield lines as they are written, from this call on and for ever."""
    return _added([Follower(name, home.log_file(name)) for name in names])


def _added(followers: Sequence["Follower"]) -> Generator[LogLine]:
    try:
        while True:
            fresh = [line for follower in followers for line in follower.read()]
            yield from sorted(fresh, key=lambda line: line.when)
            time.sleep(POLL_SECONDS)
    finally:
        for follower in followers:
            follower.close()


class Follower:
    """Reads what is added to one log, over its rotations."""

    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._path = path
        self._file: TextIO | None = None
        self._rest = ""
        self._when = 0.0
        self._open(at_end=True)

    def read(self) -> list[LogLine]:
        """Complete lines that came since the last time."""
        text = self._rest + self._read()
        if self._was_rotated():
            self.close()
            self._open(at_end=False)
            text += self._read()
        *complete, self._rest = text.split("\n")
        lines = list(dated(self._name, complete, self._when))
        self._when = lines[-1].when if lines else self._when
        return lines

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, *, at_end: bool) -> None:
        try:
            self._file = self._path.open(errors="replace")
        except FileNotFoundError:
            return
        if at_end:
            self._file.seek(0, 2)

    def _read(self) -> str:
        return self._file.read() if self._file is not None else ""

    def _was_rotated(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        return now.st_ino != os.fstat(self._file.fileno()).st_ino
