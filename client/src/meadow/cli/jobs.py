"""`meadow jobs` and `meadow cancel`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow.cli.show import styled_state
from meadow.client import Client
from meadow.schemas.jobs import JobKind, JobState
from meadow.settings import GatewayAddress

app = typer.Typer()


@app.command()
def jobs(
    kind: Annotated[JobKind | None, typer.Option(help="Only jobs of this kind.")] = None,
    state: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Number of newest jobs to look at.")] = 20,
) -> None:
    """List the newest jobs."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("job", "kind", "state", "done", "model", "name", "created"):
        table.add_column(heading)
    with Client.from_settings(GatewayAddress.load()) as client:
        for job in client.jobs(kind=kind, state=state, page_size=limit).jobs:
            progress = f"{job.progress.done}/{job.progress.total or '?'}" if job.progress else ""
            version = job.model.version if job.model else ""
            created = f"{job.created_at.astimezone():%Y-%m-%d %H:%M:%S}"
            table.add_row(job.id, job.kind, styled_state(job), progress, version, escape(job.name), created)
    Console().print(table)


@app.command()
def cancel(job_id: Annotated[str, typer.Argument(help="An unfinished job.")]) -> None:
    """Cancel a job; what a batch has answered so far is kept."""
    with Client.from_settings(GatewayAddress.load()) as client:
        Console().print(f"{job_id} is {styled_state(client.cancel(job_id))}.")
