"""The line above the cards: how the pictures divide into labels, and how many are still out."""

from collections import Counter
from collections.abc import Sequence

from meadow_ui.cards import colour
from meadow_ui.pictures.tray import Group
from meadow_ui.stretch import stretch

_GROUPS = {
    Group.UNSURE: ("unsure", "unsure"),
    Group.UNKNOWN: ("unknown", "unknown"),
    Group.FAILED: ("failed", "without answer"),
    Group.PENDING: ("pending", "still out"),
}


def ribbon(groups: Counter[str], classes: Sequence[str]) -> str:
    """A bar with one stretch a group, and its legend."""
    total = groups.total()
    labels = sorted((label for label in groups if label not in _GROUPS), key=lambda label: (-groups[label], label))
    parts = [(colour(label, classes), label, groups[label]) for label in labels]
    parts += [(kind, name, groups[group]) for group, (kind, name) in _GROUPS.items()]
    done = total - groups[Group.PENDING]
    head = f"{total} picture{'s' * (total != 1)}" if done == total else f"{done} of {total} pictures"
    return f'<section class="ribbon"><h2>{head}</h2>{stretch(parts)}</section>'
