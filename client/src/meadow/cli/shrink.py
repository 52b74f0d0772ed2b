"""`--shrink`: whether photographs are made smaller before they are sent."""

import typer

from meadow.client.folder import Shrinking
from meadow.client.folder.shrink import can_shrink
from meadow.schemas.limits import Limits

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


def choose_shrinking(text: str, limits: Limits) -> Shrinking | None:
    """Settle what becomes of photographs."""
    if text == AUTO:
        return Shrinking.advised(limits)
    return None if text == OFF else Shrinking(int(text))
