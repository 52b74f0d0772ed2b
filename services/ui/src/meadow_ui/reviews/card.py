"""An uncertain answer as a card."""

from collections.abc import Sequence
from html import escape

from meadow_ui.cards import KINDS, answer
from meadow_ui.markup import ago
from meadow_ui.reviews.entry import Entry


def review_card(entry: Entry, classes: Sequence[str]) -> str:
    """The card as HTML; what a person can do about it stands below."""
    item = entry.item
    name = escape(item.name or "without a name")
    image = f'<img src="{entry.thumbnail}" alt="{name}">' if entry.thumbnail else "<span>no preview</span>"
    told = answer(item.prediction, item.model.version, classes)
    kind = KINDS[item.prediction.decision] + (" done" if entry.dealt_with else "")
    return (
        f'<article class="card {kind}"><figure>{image}</figure><div class="body">{told}'
        f'<p class="name" title="{name}">{ago(item.created_at)} &middot; {name}</p></div></article>'
    )
