"""What a person said of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """A label, as it was meant."""

    label: str
    new_class: bool = False
    """The model in production has no such class."""


def read_label(text: str, classes: Sequence[str]) -> Said | None:
    """Take a label as it was chosen or typed; None when there is nothing in it.

    One that differs from a class by its case alone is that class: it was typed, not meant as a new one.
    """
    label = " ".join(text.split())
    if not label:
        return None
    if label in classes:
        return Said(label)
    alike = [one for one in classes if one.casefold() == label.casefold()]
    return Said(alike[0]) if len(alike) == 1 else Said(label, new_class=True)
