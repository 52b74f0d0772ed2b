"""Letting only one contestant run at a time: the others are suspended, so that not even their idling is measured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil


class ProcessSuspender:
    """A process and its descendants, which can be suspended."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._asleep: list[psutil.Process] = []

    def suspend(self) -> None:
        """Stop every process where it is; the parents first, so that none starts another meanwhile."""
        self._asleep = [self._root, *self._root.children(recursive=True)]
        for process in self._asleep:
            _pass_over_gone(process.suspend)

    def resume(self) -> None:
        """Let every process go on; the children first, so that their parents find them alive."""
        for process in reversed(self._asleep):
            _pass_over_gone(process.resume)
        self._asleep = []

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Suspend for the time of the block."""
        self.suspend()
        try:
            yield
        finally:
            self.resume()


def _pass_over_gone(act: Callable[[], None]) -> None:
    """A process may end between being listed and being told."""
    with suppress(psutil.NoSuchProcess):
        act()
