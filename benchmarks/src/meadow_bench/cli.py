"""`python -m meadow_bench`: measure, print the one table, and write it down."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from meadow.client.errors import ClientError
from meadow_bench.commands import commands_of_run
from meadow_bench.effort import FULL, QUICK, Effort
from meadow_bench.errors import BenchmarkError
from meadow_bench.machine import busy_share, describe_machine, describe_peers
from meadow_bench.measurements import NAMES, measure
from meadow_bench.page import render_page
from meadow_bench.places import DATA, RESULTS
from meadow_bench.screen import show
from meadow_bench.throughput import PEERS_NAME
from meadow_bench.workbench import workbench
from meadow_local.errors import StackError
from meadow_local.interrupts import as_keyboard_interrupt

FAILED, INTERRUPTED = 1, 130
WIDTH_OF_FILES = 160
BUSY = 0.1
"""Share of the cores that others may use before it is said aloud."""


def main() -> None:
    """Run the command."""
    typer.run(bench)


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"What to measure: {', '.join(NAMES)}. Everything when left out.")
    ] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Small counts and one round: minutes, and rough.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the page here; benchmarks/RESULTS.md after a whole run.")
    ] = None,
) -> None:
    """Measure Meadow against the limit of this machine, and against other servers.

    A stack of its own is started and deleted afterwards; nothing else should run meanwhile.
    """
    chosen = tuple(names or NAMES)
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        raise typer.BadParameter(f"There is no {', '.join(unknown)}. Choose from {', '.join(NAMES)}.")
    effort = QUICK if quick else FULL
    page = out or (RESULTS if not quick and set(chosen) == set(NAMES) else None)
    try:
        with as_keyboard_interrupt():
            _bench(chosen, effort, page)
    except (BenchmarkError, StackError, ClientError) as error:
        Console(stderr=True).print(f"[red]✗[/] {error}", markup=True, highlight=False, soft_wrap=True)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _bench(names: tuple[str, ...], effort: Effort, page: Path | None) -> None:
    console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
    before = busy_share()
    if before > BUSY:
        console.print(f"[yellow]Something else uses {before:.0%} of this machine: the numbers will be wrong.[/]")
    with workbench(effort, DATA, lambda line: console.print(line, style="dim", highlight=False)) as bench:
        facts = {
            **describe_machine(),
            **(describe_peers() if PEERS_NAME in names else {}),
            "Engine": f"{bench.loaded.engine}, {bench.loaded.processes} processes",
            "Effort": str(effort),
            "Busy before": f"{before:.0%} of all cores",
        }
        report = measure(bench, names)
    show(console, report)
    if page:
        commands = commands_of_run(sys.argv[1:], peers=PEERS_NAME in names)
        page.write_text(render_page(report, facts, commands), encoding="utf-8")
        console.print(f"Written to {page}.")
