"""`meadow batches`: how the newest batches stand."""

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow.cli.show import age, progress_bar, styled_state
from meadow.client import Client
from meadow.schemas.jobs import Job, JobKind, JobState, Progress
from meadow.settings import GatewayAddress

app = typer.Typer()

HEADINGS = ("batch", "name", "state", "progress", "images", "failed", "rate", "model", "age")


@app.command()
def batches(
    state: Annotated[JobState | None, typer.Option(help="Only batches in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
) -> None:
    """List the newest batches with their progress."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in {"images", "failed", "rate", "age"} else "left")
    now = datetime.now(UTC)
    with Client.from_settings(GatewayAddress.load()) as client:
        for job in islice(client.each_job(kind=JobKind.BATCH, state=state), limit):
            table.add_row(*_row(job, now))
    Console().print(table)


def _row(job: Job, now: datetime) -> tuple[str, ...]:
    progress = job.progress or Progress()
    # Until a batch is sealed its total still grows.
    total = f"{progress.total or 0}{'' if job.sealed else '+'}"
    return (
        job.id,
        escape(job.name),
        styled_state(job),
        progress_bar(progress.done, progress.total or 0),
        f"{progress.done}/{total}",
        f"[red]{progress.failed}[/]" if progress.failed else "",
        f"{progress.rate:.0f}/s" if progress.rate else "",
        job.model.version if job.model else "",
        age(now - job.created_at),
    )
