"""Labels that people submit for images: parsing, and the line that shows one or why it failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from meadow.schemas.minimums import NEW_CLASS_IMAGES

_NEW_CLASS = f"Becomes a class once {NEW_CLASS_IMAGES} images with this label are in a data set."


@dataclass(frozen=True)
class SubmittedLabel:
    """A label as the person meant it."""

    label: str
    new_class: bool = False
    """Whether the model in production lacks this class."""


def parse_label(text: str, classes: Sequence[str]) -> SubmittedLabel | None:
    """Parse a chosen or typed label; None if it is blank.

    Text that differs from exactly one class by case alone means that class, not a new one.
    """
    label = " ".join(text.split())
    if not label:
        return None
    if label in classes:
        return SubmittedLabel(label)
    alike = [name for name in classes if name.casefold() == label.casefold()]
    return SubmittedLabel(alike[0]) if len(alike) == 1 else SubmittedLabel(label, new_class=True)


def submitted_label_line(submitted: SubmittedLabel, *, confirms: bool) -> str:
    """One line of HTML; `confirms` tells whether the model had predicted the same."""
    new = f' <span class="badge quiet" title="{_NEW_CLASS}">new class</span>' if submitted.new_class else ""
    mark = "&#10003; " if confirms else ""
    return f'<p class="submitted-label">{mark}Your label: <b>{escape(submitted.label)}</b>{new}</p>'


def submit_error_line(reason: str) -> str:
    """One line of HTML with the reason why a label could not be submitted."""
    return f'<p class="submit-error" role="alert">{escape(reason)}</p>'
