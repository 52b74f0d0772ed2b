"""`meadow data`: list data sets, look into them, compare their versions."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow.cli.data_report import check_report
from meadow.client import Client
from meadow.image_files.passed_over import describe_passed_over
from meadow.schemas.dataset_diff import VersionDiff
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.digests import short_digest
from meadow.settings import GatewayAddress

app = typer.Typer(help="Make, publish and list data sets.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

LINES_SHOWN = 20

_WORDS = frozenset(
    {"data set", "version", "published", "classes", "class", "source", "left out because"}
    | {"label", "suggested", "split", "image"}
)
"""Columns of words; the others hold numbers."""
_SUMMARIES = TypeAdapter(list[VersionSummary])


@app.command(name="list")
def list_datasets(
    name: Annotated[
        str, typer.Argument(help="List the versions of this data set: the current one, then the newest first.")
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """List the data sets with their newest version, or the versions of one."""
    current = ""
    with Client.from_settings(GatewayAddress.load()) as client:
        if name:
            dataset = client.dataset(name)
            current, found = dataset.digest, dataset.versions
        else:
            found = client.datasets()
    if as_json:
        typer.echo(_SUMMARIES.dump_json(found, indent=2))
        return
    table = _table("data set", "version", "published", "images", "train", "hold-out", "classes")
    for summary in found:
        train = sum(counts.train for counts in summary.classes.values())
        table.add_row(
            summary.name,
            f"{summary.short} current" if summary.digest == current else summary.short,
            f"{summary.created_at:%Y-%m-%d %H:%M}",
            str(summary.images),
            str(train),
            str(summary.images - train),
            escape(", ".join(summary.classes)),
        )
    Console().print(table)


@app.command()
def show(
    version: Annotated[str, typer.Argument(help="NAME, or NAME@VERSION.", metavar="NAME[@VERSION]")],
    report: Annotated[Path | None, typer.Option(help="Write the version's HTML report to this file.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show a version: its classes, where its images come from, and what was left out.

    Example: `meadow data show lawns@3f9c --report report.html`
    """
    check_report(report)
    name, _, beginning = version.partition("@")
    with Client.from_settings(GatewayAddress.load()) as client:
        summary = _version(client, name, beginning)
        if report:
            report.write_bytes(client.dataset_report(name, summary.digest))
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
        return
    console = Console()
    console.print(
        f"[bold]{summary.name}[/] version {summary.short}, {summary.created_at:%Y-%m-%d %H:%M} UTC, "
        f"{summary.images} images",
        highlight=False,
    )
    if summary.added_to:
        console.print(f"added to version {short_digest(summary.added_to)}", style="dim", highlight=False)
    classes = _table("class", "images", "train", "hold-out", "corrected")
    for label, counts in summary.classes.items():
        classes.add_row(
            escape(label), str(counts.images), str(counts.train), str(counts.holdout), str(counts.corrected or "")
        )
    console.print(classes)
    if summary.sources:
        sources = _table("source", "named", "left out")
        for source in summary.sources:
            sources.add_row(escape(source.title), str(source.named), str(source.rejected))
        console.print(sources)
    if summary.rejections:
        reasons = _table("left out because", "images")
        for reason, count in summary.rejections.items():
            reasons.add_row(reason, str(count))
        console.print(reasons)
    for note in filter(None, (describe_passed_over(summary.passed_over), *summary.notes)):
        console.print(note, style="yellow", highlight=False, markup=False)


@app.command()
def diff(
    name: Annotated[str, typer.Argument(help="The data set.")],
    before: Annotated[str, typer.Argument(help="A version, or a prefix of its digest.")],
    after: Annotated[str, typer.Argument(help="The version to compare with; by default the newest.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Show what changed between two versions: images added, removed, labelled anew.

    Example: `meadow data diff lawns 3f9c`
    """
    with Client.from_settings(GatewayAddress.load()) as client:
        changes = client.dataset_diff(name, before, after)
    if as_json:
        typer.echo(changes.model_dump_json(indent=2))
        return
    _show_diff(Console(), changes)


@app.command()
def suspects(
    name: Annotated[str, typer.Argument(help="The data set.")],
    *,
    as_json: Json = False,
) -> None:
    """Show the images whose label is probably wrong, as the last training run found.

    Example: `meadow data suspects lawns`
    """
    with Client.from_settings(GatewayAddress.load()) as client:
        found = client.label_suspects(name)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    console = Console()
    console.print(
        f"[bold]{found.name}[/] version {short_digest(found.version)}: {len(found.suspects)} of {found.images} labels "
        f"are probably wrong, as the training of {found.examined_at:%Y-%m-%d %H:%M} UTC found",
        highlight=False,
    )
    if not found.suspects:
        return
    table = _table("label", "suggested", "probability", "split", "image", "source")
    for one in found.suspects:
        image, probability = short_digest(one.sha256), f"{one.probability:.0%}"
        table.add_row(escape(one.label), escape(one.suggested), probability, one.split, image, escape(one.source))
    console.print(table)


def _show_diff(console: Console, changes: VersionDiff) -> None:
    console.print(
        f"[bold]{changes.name}[/] from {short_digest(changes.before)} to {short_digest(changes.after)}: "
        f"{len(changes.added)} added, {len(changes.removed)} removed, {len(changes.relabelled)} labelled anew, "
        f"{changes.unchanged} unchanged",
        highlight=False,
    )
    table = _table("class", "before", "after", "added", "removed", "from other classes")
    for label, change in changes.classes.items():
        counts = (change.before, change.after, change.added, change.removed, change.relabelled)
        table.add_row(escape(label), *map(str, counts))
    console.print(table)
    lines = [
        *(
            f"[cyan]~[/] {escape(each.source)}: {escape(each.before)} → {escape(each.after)}"
            for each in changes.relabelled
        ),
        *(f"[green]+[/] {escape(entry.source)} ({escape(entry.label)})" for entry in changes.added),
        *(f"[red]-[/] {escape(entry.source)} ({escape(entry.label)})" for entry in changes.removed),
    ]
    for line in lines[:LINES_SHOWN]:
        console.print(line, highlight=False)
    if len(lines) > LINES_SHOWN:
        console.print(f"... and {len(lines) - LINES_SHOWN} more; --json has them all.", style="dim")


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in _WORDS else "right")
    return table


def _version(client: Client, name: str, beginning: str) -> VersionSummary:
    """Return the version whose digest begins so; the current one without.

    Raises:
        typer.BadParameter: There is none, or more than one.
    """
    dataset = client.dataset(name)
    found = [version for version in dataset.versions if version.digest.startswith(beginning)]
    if not beginning:
        return next(version for version in found if version.digest == dataset.digest)
    if len(found) != 1:
        raise typer.BadParameter(
            f"The beginning {beginning} is that of {len(found)} versions of {name}; give more of it."
            if found
            else f"Data set {name} has no version {beginning}."
        )
    return found[0]
