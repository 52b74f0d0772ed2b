"""`--shrink`: whether photographs are made smaller before they are sent."""

import typer

from meadow.client import ApiProblem, MeadowClient
from meadow.client.folder import Shrinking
from meadow.client.folder.shrink import can_shrink
from meadow.problems import ProblemTypes

AUTO = "auto"
OFF = "off"
SMALLEST_PIXELS = 64


def check_shrink(text: str) -> None:
    """Check the option before anything is done.

    Raises:
        typer.BadParameter: It is none, or Pillow is not installed.
    """
    if text in {AUTO, OFF}:
        return
    if not text.isdecimal() or int(text) < SMALLEST_PIXELS:
        raise typer.BadParameter(f"--shrink is auto, off, or {SMALLEST_PIXELS} or more pixels, not {text!r}.")
    if not can_shrink():
        raise typer.BadParameter("Making photos smaller needs Pillow: pip install 'meadow[shrink]'.")


def choose_shrinking(text: str, client: MeadowClient) -> Shrinking | None:
    """Settle what becomes of photographs; without a model in production they are sent as they are."""
    if text != AUTO:
        return None if text == OFF else Shrinking(int(text))
    try:
        return Shrinking.for_model(client.current_model().image_size)
    except ApiProblem as problem:
        if problem.code != ProblemTypes.NO_MODEL.code:
            raise
        return None
