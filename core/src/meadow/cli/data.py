"""`meadow data`: publish and list data sets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from meadow.datasets.folder import DatasetError
from meadow.datasets.split import Split
from meadow.settings import load_settings

if TYPE_CHECKING:
    from meadow.datasets.catalog import DatasetCatalog

app = typer.Typer(help="Make, publish and list data sets.", no_args_is_help=True)

REJECTIONS_SHOWN = 20


@app.command()
def publish(
    folder: Annotated[Path, typer.Argument(help="A folder with one sub-folder of images per class.")],
    name: Annotated[str, typer.Option("--name", "-n", help="The data set's name; the folder's when left out.")] = "",
) -> None:
    """Publish a folder-per-class data set as a new version.

    Example: `meadow data publish photos/ --name lawns`
    """
    console = Console()
    with Progress(console=console) as progress:
        task = progress.add_task("Publishing", total=None)
        try:
            publication = _catalog().publish_folder(
                name or folder.resolve().name,
                folder,
                on_progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        except DatasetError as error:
            raise typer.BadParameter(str(error)) from error
    manifest = publication.manifest
    for rejection in publication.rejected[:REJECTIONS_SHOWN]:
        console.print(f"[yellow]left out[/] {escape(str(rejection.path))}: {escape(rejection.reason)}", highlight=False)
    if len(publication.rejected) > REJECTIONS_SHOWN:
        console.print(f"... and {len(publication.rejected) - REJECTIONS_SHOWN} more.", style="dim")
    console.print(
        f"Published [bold]{manifest.name}[/] version {manifest.digest[:12]}: {len(manifest.entries)} images, "
        f"{len(manifest.classes)} classes. Train on it: meadow train {manifest.name}"
    )


@app.command(name="list")
def list_datasets() -> None:
    """List the data sets with their newest version."""
    catalog = _catalog()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("data set", "version", "classes", "train", "hold-out", "published"):
        table.add_column(heading)
    for name in catalog.names():
        manifest = catalog.load(name)
        table.add_row(
            name,
            manifest.digest[:12],
            escape(", ".join(manifest.classes)),
            str(len(manifest.of_split(Split.TRAIN))),
            str(len(manifest.of_split(Split.HOLDOUT))),
            f"{manifest.created_at:%Y-%m-%d %H:%M}",
        )
    Console().print(table)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to draw it; made if it is not there.")],
    per_class: Annotated[int, typer.Option(min=1, help="Pictures of each class.")] = 120,
    seed: Annotated[int, typer.Option(help="The same seed draws the same pictures.")] = 0,
) -> None:
    """Draw a demo data set: pictures of dandelions and of grass.

    Example: `meadow data demo pictures/ && meadow data publish pictures/ --name demo`
    """
    from meadow.datasets.demo import render_demo_dataset  # noqa: PLC0415 - needs the extra 'server'

    render_demo_dataset(folder, per_class=per_class, seed=seed)
    Console().print(f"Drew {2 * per_class} pictures in {folder}.")


def _catalog() -> "DatasetCatalog":
    from meadow.datasets.catalog import DatasetCatalog  # noqa: PLC0415 - needs the extra 'server'
    from meadow.storage.s3 import ObjectStore  # noqa: PLC0415

    settings = load_settings()
    return DatasetCatalog(ObjectStore(settings), settings.images_bucket, max_image_pixels=settings.max_image_pixels)
