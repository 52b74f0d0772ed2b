"""The three distributions that are watched, each against the hold-out's."""

from collections.abc import Sequence

from meadow.quality.counts import Dimension
from meadow.quality.model import DimensionDrift
from meadow_ui.markup import table
from meadow_ui.quality.verdict import verdict_badge

SHOWN_PSI = 0.5
"""Where the drawn scale ends; what is beyond is drawn as full."""
SMALL_P = 0.001

_NAMES = {
    Dimension.PREDICTIONS: ("What is answered", "the share of each class"),
    Dimension.CONFIDENCE: ("How sure it is", "the highest probability"),
    Dimension.INPUT: ("What comes in", "how unlike the training images"),
}


def drift(found: Sequence[DimensionDrift], limit: float) -> str:
    """A table with a bar for each index.

    Args:
        found: None of them for a version that was trained before hold-out answers were counted.
        limit: The index above which it is drift, if the test agrees.
    """
    if not found:
        return (
            '<section class="panel"><h3>Drift</h3><p class="quiet">This version carries no counts of its hold-out to '
            "compare with: it was trained by an older Meadow. The next version will.</p></section>"
        )
    rows = [
        (_name(one), _bar(one, limit), _p(one.p_value), f"{one.images:,}", verdict_badge(one.verdict)) for one in found
    ]
    note = (
        f"PSI, the population stability index, is 0 where a distribution is like the hold-out's. Above {limit:g} (the "
        "mark), with p below the significance, it is called drift."
    )
    heads = ("Distribution", "PSI", "p", "Images", "")
    return f'<section class="drift"><h3>Drift</h3>{table(heads, rows)}<p class="small">{note}</p></section>'


def _name(one: DimensionDrift) -> str:
    name, note = _NAMES.get(one.name, (one.name.value, ""))
    return f"<strong>{name}</strong><br><small>{note}</small>"


def _bar(one: DimensionDrift, limit: float) -> str:
    if one.psi is None:
        return "&ndash;"
    width = min(one.psi / SHOWN_PSI, 1.0) * 100
    over = ' class="over"' if one.psi > limit else ""
    mark = min(limit / SHOWN_PSI, 1.0) * 100
    return (
        f'<div class="psi"><em>{one.psi:.2f}</em><i aria-hidden="true"><b{over} style="width:{width:.1f}%"></b>'
        f'<u style="left:{mark:.1f}%"></u></i></div>'
    )


def _p(value: float | None) -> str:
    if value is None:
        return "&ndash;"
    return f"&lt; {SMALL_P:g}" if value < SMALL_P else f"{value:.3f}"
