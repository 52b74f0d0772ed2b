"""The report as a page: what it was made on and with, the one table, and every command."""

from collections.abc import Iterable, Mapping, Sequence

from meadow_bench.report import Report

INTRODUCTION = """\
# Benchmarks: results

Written by `make bench`; [docs/benchmarks.md](../docs/benchmarks.md) says what is measured, and how to read it. All
numbers are from one run. A ratio is the median over the rounds, in each of which everybody had a turn.
"""
HEADINGS = ("What", "Measured", "Against", "Number", "Rounds", "Must be", "")


def render_page(report: Report, facts: Mapping[str, str], commands: Sequence[str]) -> str:
    """Write the page in Markdown.

    Args:
        report: What was found.
        facts: The machine, the versions, and how much was measured.
        commands: What was run, as a person would type it.
    """
    lines = [INTRODUCTION, *_table(("", ""), facts.items()), "", f"**{report.summary}**", ""]
    rows = [
        (row.what, row.value, row.against, row.shown_number, row.shown_spread, row.shown_bar, row.verdict)
        for row in report.rows
    ]
    lines += _table(HEADINGS, rows)
    for listing in report.listings:
        lines += ["", f"## {listing.title}", "", *_table(listing.headings, listing.lines)]
    lines += ["", "## Commands", "", "```", *commands, "```", ""]
    return "\n".join(lines)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(headings), _line(["---"] * len(headings)), *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
