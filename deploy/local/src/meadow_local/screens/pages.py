"""Where to open what."""

from rich.table import Table

from meadow_local.parts import Part
from meadow_local.settings import LocalSettings


def pages_table(parts: tuple[Part, ...], settings: LocalSettings) -> Table:
    """The parts that people open in a browser."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for part in parts:
        if part.page is not None:
            url = part.page(settings)
            table.add_row(f"[bold]{part.name}[/]", part.about, f"[link={url}][cyan]{url}[/][/link]")
    return table
