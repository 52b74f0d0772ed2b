"""`meadow results`: what a batch has answered, to a file, to a pipe or as a table."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow.cli.outputs import Output, SpreadsheetSafe
from meadow.cli.show import probability_bar
from meadow.cli.summary import Summary
from meadow.client import Client
from meadow.client.retries import PATIENT
from meadow.result_formats import as_ndjson
from meadow.schemas.items import ItemFilter, ItemResult, ItemState
from meadow.schemas.predictions import Decision
from meadow.settings import GatewayAddress

app = typer.Typer()


@app.command()
def results(
    job_id: Annotated[str, typer.Argument(help="A batch.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A .csv, .ndjson or .parquet file.")] = None,
    label: Annotated[str | None, typer.Option(help="Only images of this predicted class.")] = None,
    decision: Annotated[Decision | None, typer.Option(help="Only predictions with this decision.")] = None,
    state: Annotated[ItemState | None, typer.Option(help="Only images in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Number of rows to show.")] = 50,
    *,
    spreadsheet_safe: SpreadsheetSafe = False,
) -> None:
    """Read what a batch has answered so far: a table on a terminal, one JSON object a line into a pipe.

    Examples:
      `meadow results BATCH --out results.parquet`
      `meadow results BATCH --decision unsure`
      `meadow results BATCH --state failed | jq -r .error.detail`
    """
    output = Output(out, spreadsheet_safe)
    output.check()
    console = Console()
    wanted = ItemFilter(label=label, decision=decision, state=state)
    with Client.from_settings(GatewayAddress.load(), retries=PATIENT) as client:
        finished = client.job(job_id).state.is_final
        items = client.download(job_id, wanted=wanted, partial=not finished)
        if out:
            summary = Summary()
            output.write(summary.watch(items), batch_id=job_id)
            console.print(f"{summary.total} results are in {out}.")
        elif console.is_terminal:
            _show(console, items, limit)
        else:
            for line in as_ndjson(items):
                # Bytes: JSON is UTF-8 whatever the console is.
                typer.echo(line.encode(), nl=False)


def _show(console: Console, items: Iterable[ItemResult], limit: int) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("image", "class", "decision", "", "probability"):
        table.add_column(heading, justify="right" if heading == "probability" else "left")
    coming = iter(items)
    for result in islice(coming, limit):
        answer = result.prediction
        if answer:
            likely = answer.scores[0].probability
            cells = (escape(answer.label), answer.decision.value, probability_bar(likely), f"{likely:.1%}")
            table.add_row(escape(result.item), *cells)
        else:
            reason = result.error.detail if result.error else "no answer"
            table.add_row(escape(result.item), "[red]failed[/]", "", escape(reason))
    console.print(table)
    if next(coming, None):
        console.print("There are more: --limit shows them, --out FILE writes all.", style="dim")
