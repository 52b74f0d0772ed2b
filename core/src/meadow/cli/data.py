"""`meadow data`: publish data sets, list them, look into them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from meadow.cli import data_publish, data_show

app = typer.Typer(help="Make, publish and list data sets.", no_args_is_help=True)
app.add_typer(data_publish.app)
app.add_typer(data_show.app)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; created if it does not exist.")],
    per_class: Annotated[int, typer.Option(min=1, help="Images per class.")] = 120,
    seed: Annotated[int, typer.Option(help="Random seed; the same seed draws the same images.")] = 0,
) -> None:
    """Draw a demo data set: pictures of dandelions and of grass.

    Example: `meadow data demo pictures/ && meadow data publish pictures/ --name demo`
    """
    from meadow.datasets.demo import render_demo_dataset  # noqa: PLC0415 - needs the extra 'server'

    render_demo_dataset(folder, per_class=per_class, seed=seed)
    Console().print(f"Drew {2 * per_class} pictures in {folder}.")
