"""How the answers are divided into classes and decisions."""

from collections.abc import Mapping, Sequence

from meadow.predictions import Decision
from meadow_ui.cards import colour
from meadow_ui.stretch import Part, stretch

MOST_CLASSES = 8

_DECISIONS = {Decision.CONFIDENT: "sure", Decision.UNSURE: "unsure", Decision.UNKNOWN: "unknown"}


def shares(classes: Mapping[str, int], decisions: Mapping[str, int], order: Sequence[str]) -> str:
    """Two bars; of many classes the most frequent ones, and the others together."""
    by_size = sorted(classes.items(), key=lambda one: (-one[1], one[0]))
    parts: list[Part] = [(colour(label, order), label, count) for label, count in by_size[:MOST_CLASSES]]
    parts.append(("pending", "others", sum(count for _, count in by_size[MOST_CLASSES:])))
    decided: list[Part] = [(kind, name.value, decisions.get(name, 0)) for name, kind in _DECISIONS.items()]
    return (
        f'<section class="panel ribbon"><h3>Classes</h3>{stretch(parts)}</section>'
        f'<section class="panel ribbon"><h3>Decisions</h3>{stretch(decided)}</section>'
    )
