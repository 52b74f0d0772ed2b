"""`meadow models`: the registered versions, and what was decided about each."""

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow.client import MeadowClient
from meadow.settings import load_settings

app = typer.Typer()


@app.command()
def models() -> None:
    """List the model versions, newest first, with what was decided about each and why."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("version", "alias", "architecture", "hold-out", "classes", "decision", "reason"):
        table.add_column(heading)
    with MeadowClient.from_settings(load_settings()) as client:
        for info in client.models():
            accuracy = f"{info.holdout_accuracy:.3f}" if info.holdout_accuracy is not None else ""
            table.add_row(
                info.ref.version,
                f"[green]{', '.join(info.aliases)}[/]",
                info.architecture,
                accuracy,
                escape(", ".join(info.classes)),
                info.decision,
                escape(info.reason),
            )
    Console().print(table)
