"""What a person said, shown where it was said."""

from html import escape

from meadow.datasets.minimums import NEW_CLASS_IMAGES
from meadow_ui.labels.said import Said

_NEW = f"It becomes a class once {NEW_CLASS_IMAGES} images of it are labelled and taken into a data set."


def said_line(said: Said, *, right: bool) -> str:
    """One line of HTML; `right` is whether the model had said so, too."""
    new = f' <span class="badge quiet" title="{_NEW}">new class</span>' if said.new_class else ""
    mark = "&#10003; " if right else ""
    return f'<p class="said">{mark}You say <b>{escape(said.label)}</b>{new}</p>'


def unheard_line(reason: str) -> str:
    """Why what was said did not arrive."""
    return f'<p class="unheard" role="alert">{escape(reason)}</p>'
