"""What happened when: told as it happens, and once more as a table."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_COLOURS = {"success": "green", "skipped": "yellow", "failed": "red"}


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    seconds: float
    """Since the chapter began."""
    step: str
    note: str
    state: str


@dataclass
class Chapter:
    """Events that belong together, counted from the same moment."""

    title: str
    began: float
    events: list[Event]


class Timeline:
    """The story so far."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._chapters: list[Chapter] = []

    def chapter(self, title: str) -> None:
        """Begin to count anew."""
        self._chapters.append(Chapter(title, self._clock(), []))
        self._console.print(f"\n[bold]{escape(title)}[/]")

    def add(self, step: str, note: str = "", *, state: str = "success") -> None:
        """Tell what has just happened."""
        chapter = self._chapters[-1]
        event = Event(self._clock() - chapter.began, step, note, state)
        chapter.events.append(event)
        self._console.print(
            f"  {event.seconds:6.1f} s  [{_COLOURS.get(state, 'dim')}]{escape(step)}[/]  {escape(note)}",
            highlight=False,
            soft_wrap=True,
        )

    def table(self) -> Table:
        """All of it; a step's time is that since the one before."""
        table = Table(title="From new images to new answers", title_justify="left")
        for heading in ("after", "took", "step", "what came of it"):
            table.add_column(heading, justify="right" if heading in {"after", "took"} else "left")
        for chapter in self._chapters:
            table.add_section()
            table.add_row("", "", f"[bold]{escape(chapter.title)}[/]", "")
            before = 0.0
            for event in chapter.events:
                colour = _COLOURS.get(event.state, "dim")
                table.add_row(
                    f"{event.seconds:.1f} s",
                    f"{event.seconds - before:.1f} s",
                    f"[{colour}]{escape(event.step)}[/]",
                    escape(event.note),
                )
                before = event.seconds
        return table
