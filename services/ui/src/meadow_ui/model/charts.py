"""Answer quality as HTML: labelled accuracy, shares of classes and decisions, and drift."""

import math
from collections.abc import Mapping, Sequence

from meadow.schemas.predictions import Decision
from meadow.schemas.quality import Dimension, DimensionDrift, LabelledAccuracy, Verdict
from meadow_ui.markup import DECISION_KINDS, Part, Tone, badge, class_colour, percent, stacked_bar, table

MOST_CLASSES = 8
TENTH = 0.1
MARGIN = 0.02
"""Space left of the accuracy scale's lowest value, as a share."""
SHOWN_PSI = 0.5
"""End of the drawn PSI scale; larger values fill the bar."""
SMALL_P = 0.001

_VERDICTS: Mapping[Verdict, tuple[str, Tone]] = {
    Verdict.OK: ("ok", "good"),
    Verdict.TOO_FEW: ("too few", "quiet"),
    Verdict.DRIFT: ("drift", "unsure"),
    Verdict.PERFORMANCE_DROP: ("performance drop", "bad"),
}
_DIMENSIONS = {
    Dimension.PREDICTIONS: ("Predictions", "share of each class"),
    Dimension.CONFIDENCE: ("Confidence", "highest probability"),
    Dimension.INPUT: ("Input", "OOD score"),
}


def verdict_tone(verdict: Verdict) -> Tone:
    """The colour of a verdict."""
    return _VERDICTS[verdict][1]


def verdict_badge(verdict: Verdict) -> str:
    """The verdict as a badge."""
    return badge(*_VERDICTS[verdict])


def accuracy(found: LabelledAccuracy) -> str:
    """The accuracy on labelled answers as a sentence, and on a scale with its interval and the hold-out accuracy."""
    hold_out = f" Hold-out accuracy: {percent(found.reference)}." if found.reference is not None else ""
    if found.share is None or found.low is None or found.high is None:
        return (
            '<section class="panel"><h3>Labelled answers</h3><p class="quiet">No answer was labelled in this window. '
            f"Label answers on the Classify page, or on the Review page.{hold_out}</p></section>"
        )
    sentence = (
        f"<b>{found.right:,} of {found.labelled:,}</b> labelled answers are correct: <b>{percent(found.share)}</b> "
        f"(95 % confidence interval: {percent(found.low)} to {percent(found.high)}).{hold_out}"
    )
    return (
        f'<section class="panel"><header><h3>Labelled answers</h3>{verdict_badge(found.verdict)}</header>'
        f"<p>{sentence}</p>{_scale(found.share, found.low, found.high, found.reference)}</section>"
    )


def _scale(share: float, low: float, high: float, reference: float | None) -> str:
    lowest = min(low, share if reference is None else reference) - MARGIN
    start = max(math.floor(lowest / TENTH) * TENTH, 0.0)

    def place(value: float) -> str:
        return f"{(value - start) / (1 - start) * 100:.2f}%"

    width = f"{(high - low) / (1 - start) * 100:.2f}%"
    mark = "" if reference is None else f'<u style="left:{place(reference)}" title="Hold-out {percent(reference)}"></u>'
    legend = '<li class="seen"><i></i>labelled answers with 95 % interval</li>' + (
        "" if reference is None else '<li class="reference"><i></i>hold-out</li>'
    )
    return (
        f'<div class="scale" aria-hidden="true"><div><i style="left:{place(low)};width:{width}"></i>{mark}'
        f'<b style="left:{place(share)}"></b></div><p><span>{start * 100:.0f} %</span><span>100 %</span></p></div>'
        f'<ul class="legend">{legend}</ul>'
    )


def shares(classes: Mapping[str, int], decisions: Mapping[str, int], order: Sequence[str]) -> str:
    """Stacked bars of classes and of decisions; rare classes are combined."""
    by_size = sorted(classes.items(), key=lambda one: (-one[1], one[0]))
    parts: list[Part] = [(class_colour(label, order), label, count) for label, count in by_size[:MOST_CLASSES]]
    parts.append(("pending", "other", sum(count for _, count in by_size[MOST_CLASSES:])))
    decided: list[Part] = [(DECISION_KINDS[name], name.value, decisions.get(name, 0)) for name in Decision]
    return (
        f'<section class="panel"><h3>Classes</h3>{stacked_bar(parts)}</section>'
        f'<section class="panel"><h3>Decisions</h3>{stacked_bar(decided)}</section>'
    )


def drift(found: Sequence[DimensionDrift], limit: float) -> str:
    """A table of the watched distributions with a bar for each PSI.

    Args:
        found: Empty for a version that was trained before hold-out answers were counted.
        limit: PSI above which it is drift, if the test agrees.
    """
    if not found:
        return (
            '<section class="panel"><h3>Drift</h3><p class="quiet">This version has no hold-out statistics to compare '
            "with: it was trained by an older Meadow release. The next version will have them.</p></section>"
        )
    rows = [
        (_name(one), _psi(one, limit), _p(one.p_value), f"{one.images:,}", verdict_badge(one.verdict)) for one in found
    ]
    note = (
        f"The population stability index (PSI) is 0 if a distribution equals the hold-out's. A PSI above {limit:g} "
        "(the mark) with a p-value below the significance level is reported as drift."
    )
    heads = ("Distribution", "PSI", "p-value", "Images", "")
    return f'<section class="drift"><h3>Drift</h3>{table(heads, rows)}<p class="small">{note}</p></section>'


def _name(one: DimensionDrift) -> str:
    name, note = _DIMENSIONS.get(one.name, (one.name.value, ""))
    return f"<strong>{name}</strong><br><small>{note}</small>"


def _psi(one: DimensionDrift, limit: float) -> str:
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
