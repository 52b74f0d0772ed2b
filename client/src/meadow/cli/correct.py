"""`meadow correct`: say what an image really shows."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from meadow.client import Client
from meadow.settings import GatewayAddress

app = typer.Typer()


@app.command()
def correct(
    image: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The image that was classified wrongly.")],
    label: Annotated[str, typer.Argument(help="What it shows.")],
    job: Annotated[str, typer.Option(help="The job whose prediction is corrected.")] = "",
    *,
    new_class: Annotated[
        bool, typer.Option("--new-class", help="Accept a label that is not yet a class of the model.")
    ] = False,
) -> None:
    """Correct a label, for the next model to learn from.

    Example: `meadow correct lawn.jpg grass --job job_06cpkr3kpg5uvmt4q5o1c82k`
    """
    console = Console()
    with Client.from_settings(GatewayAddress.load()) as client:
        client.correct(image.read_bytes(), label, job_id=job, name=image.name, new_class=new_class)
        counts = client.corrections()
    console.print(
        f"Kept: {escape(image.name)} shows {escape(label)}. {counts.total} image(s) are corrected so far; "
        "meadow data publish --name NAME --add --corrections takes them in.",
        highlight=False,
    )
