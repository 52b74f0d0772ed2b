"""Commands of `meadow data` that make and publish data sets."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from meadow_core.commands import publish

app = typer.Typer()
app.add_typer(publish.app)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; created if it does not exist.")],
    per_class: Annotated[int, typer.Option(min=1, help="Images per class.")] = 120,
    seed: Annotated[int, typer.Option(help="Random seed; the same seed draws the same images.")] = 0,
) -> None:
    """Draw a demo data set: pictures of dandelions and of grass.

    Example: `meadow data demo pictures/ && meadow data publish pictures/ --name demo`
    """
    from meadow_core.datasets.demo import render_demo_dataset  # noqa: PLC0415 - NumPy and Pillow load slowly

    render_demo_dataset(folder, per_class=per_class, seed=seed)
    Console().print(f"Drew {2 * per_class} pictures in {folder}.")
