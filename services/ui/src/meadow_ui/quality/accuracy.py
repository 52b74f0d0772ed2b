"""The accuracy on what people labelled, drawn against that on the hold-out."""

import math

from meadow.quality.model import LabelledAccuracy
from meadow_ui.markup import percent
from meadow_ui.quality.verdict import verdict_badge

TENTH = 0.1
MARGIN = 0.02
"""Left of what is drawn, as a share."""


def accuracy(found: LabelledAccuracy) -> str:
    """A sentence, and a scale with the interval, the share and the hold-out's mark."""
    hold_out = f"On the hold-out, {percent(found.reference)} are." if found.reference is not None else ""
    if found.share is None or found.low is None or found.high is None:
        return (
            '<section class="panel"><h3>Labelled answers</h3><p class="quiet">Nobody has labelled an answer within '
            f"this window. The line under an answer, and the page Review, are there for it. {hold_out}</p></section>"
        )
    sentence = (
        f"<b>{found.right:,} of {found.labelled:,}</b> labelled answers are right: <b>{percent(found.share)}</b>, with "
        f"95 % confidence between {percent(found.low)} and {percent(found.high)}. {hold_out}"
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
    legend = '<li class="seen"><i></i>labelled, with its interval</li>' + (
        "" if reference is None else '<li class="reference"><i></i>hold-out</li>'
    )
    return (
        f'<div class="scale" aria-hidden="true"><div><i style="left:{place(low)};width:{width}"></i>{mark}'
        f'<b style="left:{place(share)}"></b></div><p><span>{start * 100:.0f} %</span><span>100 %</span></p></div>'
        f'<ul class="legend">{legend}</ul>'
    )
