"""`meadow data publish`: from images wherever they are to a data set version."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from meadow.cli.data_report import check_report
from meadow.image_files.passed_over import describe_passed_over
from meadow.schemas.digests import short_digest
from meadow.schemas.ingestion import NearDuplicates, SplitFolders
from meadow_core.datasets.errors import DatasetError
from meadow_core.settings.ingestion import IngestionSettings

if TYPE_CHECKING:
    from meadow_core.datasets.ingest.run import Publication

app = typer.Typer()

REJECTIONS_SHOWN = 10


@app.command()
def publish(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Folders, or zip or tar files of them, with one sub-folder of images per class; lists (CSV) with the "
            "columns url and label; s3://bucket/prefix/; or the name of a bundled list (dandelion-grass).",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", "-n", help="Name of the data set; by default that of its source.")
    ] = "",
    *,
    add: Annotated[bool, typer.Option("--add", help="Add to the newest version instead of replacing it.")] = False,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="Include corrected labels, which override others.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Download addresses again that were downloaded before.")
    ] = False,
    split_folders: Annotated[
        SplitFolders,
        typer.Option(
            "--splits", help="Whether train, val and test folders with the same classes are merged, or kept as splits."
        ),
    ] = SplitFolders.MERGE,
    near_duplicates: Annotated[
        NearDuplicates,
        typer.Option(
            help="Images that look nearly the same: drop all but one, keep them, or auto: drop, unless that costs a "
            "class or conflicts with many labels, as under a fixed camera."
        ),
    ] = NearDuplicates.AUTO,
    report: Annotated[Path | None, typer.Option(help="Also write the HTML report to this file.")] = None,
    max_failed: Annotated[
        float, typer.Option(min=0, max=1, help="Share of a source's images that may be missing or unreadable.")
    ] = 0.5,
) -> None:
    """Check images and publish them as a new version of a data set.

    Images that are damaged, nearly empty, duplicates or labelled in two ways are left out, each with its reason in a
    report. A run that was interrupted goes on where it was; one that finds nothing new publishes nothing.

    Example: `meadow data publish photos/ --name lawns`

    Example: `meadow data publish more.csv --name lawns --add --corrections --report report.html`
    """
    from meadow_core.datasets.catalog import DatasetCatalog  # noqa: PLC0415 - loads slowly
    from meadow_core.datasets.ingest.run import IngestError, IngestRules  # noqa: PLC0415
    from meadow_core.datasets.sources.named import default_name, open_sources  # noqa: PLC0415
    from meadow_core.storage.s3 import ObjectStore  # noqa: PLC0415

    texts = sources or []
    if not texts and not corrections:
        raise typer.BadParameter(
            "Name a source: a folder, an archive, a CSV file, s3://bucket/prefix/, or --corrections."
        )
    if not name and len(texts) != 1:
        raise typer.BadParameter("Name the data set: --name NAME.")
    check_report(report)
    console = Console()
    settings = IngestionSettings.load()
    store = ObjectStore(settings)
    catalog = DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels)
    columns = ("Publishing", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        opened = open_sources(
            texts,
            settings,
            store,
            corrections=corrections,
            add=add,
            refresh=refresh,
            split_folders=split_folders,
        )
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=None)
            publication = catalog.publish(
                name or default_name(texts[0]),
                opened,
                add=add,
                rules=IngestRules(max_failed, near_duplicates),
                on_progress=lambda done, total: progress.update(task, completed=done, total=total),
                threads=settings.ingest_downloads,
            )
    except IngestError as error:
        _write(console, report, error.report)
        hint = "" if report else " --report FILE shows each image with its reason."
        raise typer.BadParameter(f"{error}{hint}") from error
    except DatasetError as error:
        raise typer.BadParameter(str(error)) from error
    _show(console, publication)
    _write(console, report, publication.report)


def _show(console: Console, publication: "Publication") -> None:
    for rejection in publication.rejected[:REJECTIONS_SHOWN]:
        console.print(f"[yellow]left out[/] {escape(rejection.name)}: {escape(rejection.detail)}", highlight=False)
    if len(publication.rejected) > REJECTIONS_SHOWN:
        reasons = Counter(rejection.reason.value for rejection in publication.rejected)
        counted = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        console.print(f"{len(publication.rejected)} left out in all: {counted}.", style="dim", highlight=False)
    if sentence := describe_passed_over(publication.summary.passed_over):
        console.print(sentence, style="yellow", highlight=False, markup=False)
    for note in publication.summary.notes:
        console.print(note, style="yellow", highlight=False, markup=False)
    manifest = publication.manifest
    if publication.overtook:
        overtook = short_digest(publication.overtook)
        console.print(
            f"[yellow]Version {overtook} came while the sources were read, and is replaced[/]; --add would have added "
            f"to it. What it had: meadow data diff {manifest.name} {overtook}",
            highlight=False,
        )
    if not publication.changed:
        console.print(
            f"Unchanged: [bold]{manifest.name}[/] version {manifest.short} has these {len(manifest.entries)} images "
            "already. Nothing was published.",
            highlight=False,
        )
        return
    console.print(
        f"Published [bold]{manifest.name}[/] version {manifest.short}: {len(manifest.entries)} images, "
        f"{len(manifest.classes)} classes. Train on it: meadow train {manifest.name}",
        highlight=False,
    )


def _write(console: Console, path: Path | None, report: bytes) -> None:
    if path:
        path.write_bytes(report)
        console.print(f"The report is in {escape(str(path))}.", highlight=False)
