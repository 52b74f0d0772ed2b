"""Showing how far a run over many files is: two bars on a terminal, a line now and then elsewhere."""

import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from meadow.client.folder import FolderProgress, FolderRun

REDRAWS_PER_SECOND = 4
"""Few: the machine that draws is often the one that classifies."""
LINE_SECONDS = 10


def run_with_progress(console: Console, run: FolderRun) -> None:
    """Finish a run under its progress."""
    with Bars(console) if console.is_terminal else Lines(console) as shown:
        run.finish(shown.show)


class Bars:
    """Two progress bars: uploaded, classified."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            refresh_per_second=REDRAWS_PER_SECOND,
        )
        self._tasks = [self._progress.add_task(name, total=None, rate="") for name in ("Uploading  ", "Classifying")]

    def show(self, state: FolderProgress) -> None:
        """Move the bars."""
        for task, count in zip(self._tasks, (state.uploaded, state.done), strict=True):
            speed = self._progress.tasks[task].speed
            self._progress.update(task, total=state.total, completed=count, rate=f"{speed:.0f}/s" if speed else "")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()


class Lines:
    """The same as lines, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._printed = time.monotonic()
        self._first: FolderProgress | None = None
        self._last: FolderProgress | None = None

    def show(self, state: FolderProgress) -> None:
        """Print a line if the last one is old enough."""
        self._first = self._first or state
        self._last = state
        if time.monotonic() - self._printed >= LINE_SECONDS:
            self._print()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._print()

    def _print(self) -> None:
        self._printed = time.monotonic()
        first, last = self._first, self._last
        if first is None or last is None:
            return
        seconds = self._printed - self._began
        uploading, classifying = (last.uploaded - first.uploaded) / seconds, (last.done - first.done) / seconds
        left = f", {timedelta(seconds=round((last.total - last.done) / classifying))} left" if classifying else ""
        self._console.print(
            f"Uploaded {last.uploaded}/{last.total} ({uploading:.0f}/s), "
            f"classified {last.done}/{last.total} ({classifying:.0f}/s){left if last.done < last.total else ''}",
            highlight=False,
        )
