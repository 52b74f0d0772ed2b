"""`meadow feedback`: correct or confirm an answer without sending its image again."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from meadow.client import Client
from meadow.settings import GatewayAddress

app = typer.Typer()


@app.command()
def feedback(
    job: Annotated[str, typer.Argument(help="The job to give feedback on.")],
    label: Annotated[str, typer.Argument(help="The true class; the predicted one confirms the prediction.")],
    note: Annotated[str, typer.Option(help="A note that is stored with the label.")] = "",
    *,
    new_class: Annotated[
        bool, typer.Option("--new-class", help="Accept a label that is not yet a class of the model.")
    ] = False,
) -> None:
    """Say whether an answer is right, for the next model to learn from and for its accuracy to be known.

    Example: `meadow feedback job_06cpkr3kpg5uvmt4q5o1c82k grass`
    """
    with Client.from_settings(GatewayAddress.load()) as client:
        given = client.give_feedback(job, label, note=note, new_class=new_class).feedback
    was = "right" if given and given.right else "wrong"
    Console().print(f"Kept: {escape(job)} shows {escape(label)}, so its answer was {was}.", highlight=False)
