"""The parts coming up, live."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from meadow_local.parts import Part
from meadow_local.settings import LocalSettings
from meadow_local.stack import Stack
from meadow_local.startup import Progress, wait_until_ready

NOTE_WIDTH = 70


def show_starting(
    console: Console, stack: Stack, settings: LocalSettings, parts: Sequence[Part], *, timeout: float
) -> None:
    """Show each part until all are ready."""
    snapshots = wait_until_ready(stack, settings, parts, timeout=timeout)
    if not console.is_terminal:
        _print_as_ready(console, snapshots)
        return
    spinner = Spinner("dots")
    with Live(console=console, refresh_per_second=10) as live:
        for rows in snapshots:
            live.update(starting_table(rows, spinner))


def _print_as_ready(console: Console, snapshots: Iterator[list[Progress]]) -> None:
    """In a file or a pipe: one line when a part is ready."""
    told: set[str] = set()
    for rows in snapshots:
        for row in rows:
            if row.ready_after is not None and row.part.name not in told:
                told.add(row.part.name)
                console.print(f"{row.part.name} is ready ({row.ready_after:.1f} s)", highlight=False)


def starting_table(rows: Sequence[Progress], spinner: Spinner) -> Table:
    """One line a part: how it is, what it is for or what it waits for."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for row in rows:
        if row.ready_after is not None:
            note = Text(f"{row.ready_after:5.1f} s", style="dim")
            table.add_row("[green]✓[/]", f"[bold]{row.part.name}[/]", row.part.about, note)
        else:
            note = Text.from_markup(f"[yellow]{escape(row.note[:NOTE_WIDTH])}[/]")
            table.add_row(spinner, f"[bold]{row.part.name}[/]", row.part.about, note)
    return table
