"""The stack at a glance."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow.client import ApiProblem, Client, ClientError, RetryPolicy
from meadow.schemas.models import ModelInfo, RefusedModel
from meadow.schemas.status import SystemStatus
from meadow_local.settings import LocalSettings
from meadow_local.status import PartState, PartStatus

STYLES = {
    PartState.READY: "green",
    PartState.STARTING: "yellow",
    PartState.NOT_READY: "red",
    PartState.STOPPED: "dim",
    PartState.DEAD: "bold red",
}
MEBIBYTE = 1024 * 1024


def status_table(rows: Sequence[PartStatus], settings: LocalSettings | None) -> Table:
    """One line a part."""
    table = Table("Part", "State", "PID", "Uptime", "Memory", "Where", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        page = row.part.page(settings) if row.part.page and settings else ""
        style = STYLES[row.state]
        table.add_row(
            f"[bold]{row.part.name}[/]",
            f"[{style}]{row.state}[/]",
            str(row.pid or ""),
            str(timedelta(seconds=row.uptime)) if row.pid else "",
            f"{row.memory / MEBIBYTE:.0f} MiB" if row.memory else "",
            f"[red]{escape(row.note)}[/]" if row.note else page,
        )
    return table


def show_system(console: Console, settings: LocalSettings) -> None:
    """Print the model in production and what waits in the queues, as the gateway tells it."""
    with Client.from_settings(settings, timeout=5, retries=RetryPolicy(seconds=0)) as client:
        try:
            status = client.status()
            model = _current_model(client)
        except ClientError as error:
            console.print(f"[red]{escape(str(error))}[/]")
            return
    console.print(f"[bold]Model[/]   {_describe_model(model)}", highlight=False)
    console.print(f"[bold]Workers[/] {_describe_workers(status, model)}", highlight=False)
    console.print(f"[bold]Queues[/]  {_describe_queues(status)}", highlight=False)
    for line in _refusals(status):
        console.print(f"[bold red]Refused[/] [red]{escape(line)}[/]", highlight=False)


def _current_model(client: Client) -> ModelInfo | None:
    try:
        return client.current_model()
    except ApiProblem as problem:
        if problem.code != "no-model":
            raise
    return None


def _describe_model(model: ModelInfo | None) -> str:
    if model is None:
        return "none in production yet"
    accuracy = "" if model.holdout_accuracy is None else f", {model.holdout_accuracy:.1%} on the hold-out"
    classes = ", ".join(model.classes)
    return f"{model.ref.name} version {model.ref.version} ({model.architecture}{accuracy}): {classes}"


def _describe_workers(status: SystemStatus, model: ModelInfo | None) -> str:
    if not status.workers:
        return "[red]none is up[/]"
    serving = Counter(worker.model.version if worker.model else "" for worker in status.workers)
    parts = [
        f"{count} on version {escape(version)}" if version else f"[yellow]{count} without a model[/]"
        for version, count in sorted(serving.items())
    ]
    wanted = model.ref.version if model else ""
    late = sum(count for version, count in serving.items() if version != wanted)
    behind = f" [yellow]({late} not on version {wanted}, which is in production)[/]" if wanted and late else ""
    return ", ".join(parts) + behind


def _refusals(status: SystemStatus) -> list[str]:
    """Say of each version that is refused by how many processes, why, and what they serve instead."""
    refusing: dict[RefusedModel, list[str]] = {}
    for worker in status.workers:
        if worker.refused:
            refusing.setdefault(worker.refused, []).append(worker.model.version if worker.model else "")
    return [
        f"version {refused.model.version} by {len(serving)} worker process(es), at {refused.at:%Y-%m-%d %H:%M} UTC: "
        f"{refused.reason} "
        + (f"Version {', '.join(sorted(set(serving)))} keeps serving." if all(serving) else "Nothing is served.")
        for refused, serving in refusing.items()
    ]


def _describe_queues(status: SystemStatus) -> str:
    waiting = []
    for queue in status.queues:
        age = queue.oldest_age_seconds
        waiting.append(f"{queue.name} {queue.depth}" + (f" (oldest {age:.0f} s)" if age and queue.depth else ""))
    return ", ".join(waiting)
