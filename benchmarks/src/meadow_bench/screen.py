"""The report on a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow_bench.report import Listing, Report
from meadow_bench.rows import Verdict

STYLES = {Verdict.REACHED: "green", Verdict.NOT_REACHED: "bold red", Verdict.TOLD: ""}
HEADINGS = ("what", "measured", "against", "number", "rounds", "must", "")


def show(console: Console, report: Report) -> None:
    """Print the listings, then the one table."""
    for listing in report.listings:
        console.print(listing.title, style="bold", highlight=False, markup=False)
        console.print(_listing(listing))
        console.print()
    if report.rows:
        table = Table(*HEADINGS)
        for row in report.rows:
            verdict = f"[{STYLES[row.verdict]}]{row.verdict}[/]" if row.verdict else ""
            table.add_row(
                *map(escape, (row.what, row.value, row.against)),
                *(row.shown_number, row.shown_spread, row.shown_bar, verdict),
            )
        console.print(table)
        console.print(report.summary)


def _listing(listing: Listing) -> Table:
    table = Table(box=None, header_style="dim")
    for number, heading in enumerate(listing.headings):
        table.add_column(heading, justify="right" if number else "left")
    for line in listing.lines:
        table.add_row(*map(escape, line))
    return table
