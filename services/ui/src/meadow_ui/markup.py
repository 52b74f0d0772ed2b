"""HTML snippets shared by the pages. Text from outside is escaped here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Literal

from meadow.schemas.digests import short_digest
from meadow.schemas.jobs import JobState
from meadow.schemas.predictions import Decision

Tone = Literal["good", "unsure", "unknown", "bad", "quiet"]

STATE_TONES: Mapping[JobState, Tone] = {
    JobState.SUCCEEDED: "good",
    JobState.FAILED: "bad",
    JobState.EXPIRED: "bad",
    JobState.CANCELLED: "quiet",
    JobState.QUEUED: "quiet",
    JobState.RUNNING: "unsure",
}
"""Colour of each job state, on every page."""

DECISION_KINDS = {Decision.CONFIDENT: "sure", Decision.UNSURE: "unsure", Decision.UNKNOWN: "unknown"}
"""CSS class of each decision."""

_UNITS = ((1, "ms", 0.001, 0), (10, "s", 1, 1), (90, "s", 1, 0), (5_400, "min", 60, 0), (172_800, "h", 3_600, 0))

JUST_NOW = 5.0
A_MINUTE = 60.0

_MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:&")
"""Characters with a meaning in Streamlit's Markdown."""

CLASS_COLOURS = 6
"""Number of class colours in `styles`; further classes start over with the first."""

Part = tuple[str, str, int]
"""Part of a stacked bar: the CSS class of its colour, its name and its size."""


def plain(text: str) -> str:
    """Escape text for places where Streamlit renders Markdown, such as button labels."""
    return "".join(f"\\{sign}" if sign in _MARKDOWN else sign for sign in text)


def badge(text: str, tone: Tone) -> str:
    """A small pill."""
    return f'<span class="badge {tone}">{escape(text)}</span>'


def tile(name: str, value: str, note: str = "") -> str:
    """A number with its name and a note."""
    below = f"<small>{escape(note)}</small>" if note else ""
    return f'<div class="tile"><span>{escape(name)}</span><strong>{escape(value)}</strong>{below}</div>'


def tiles(content: Iterable[str]) -> str:
    """Tiles side by side, as many as fit."""
    return f'<div class="tiles">{"".join(content)}</div>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """A list of names and values; the values are HTML."""
    return "<dl class='facts'>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that folds into blocks on narrow screens; the cells are HTML."""
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-name="{escape(name)}">{cell}</td>' for name, cell in zip(heads, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<div class='table'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def code(text: str, *, whole: str = "") -> str:
    """Inline code; `whole` is the tooltip of a shortened `text`."""
    title = f' title="{escape(whole)}"' if whole else ""
    return f"<code{title}>{escape(text)}</code>"


def digest(value: str) -> str:
    """The first characters of a digest, enough to tell two apart."""
    return code(short_digest(value.removeprefix("sha256:")), whole=value) if value else "unknown"


def class_colour(label: str, classes: Sequence[str]) -> str:
    """The CSS class of a label's colour: its place in the model's order, the same on every page."""
    place = classes.index(label) if label in classes else len(classes)
    return f"class-{place % CLASS_COLOURS}"


def stacked_bar(parts: Sequence[Part]) -> str:
    """A bar divided in proportion to its parts, with a legend; empty parts are left out."""
    parts = [part for part in parts if part[2]]
    total = sum(count for _, _, count in parts)
    bar = "".join(f'<b class="{kind}" style="width:{count / total * 100:.2f}%"></b>' for kind, _, count in parts)
    legend = "".join(
        f'<li class="{kind}"><i></i>{escape(name)} <strong>{count:,}</strong></li>' for kind, name, count in parts
    )
    return f'<div class="stacked-bar"><div>{bar}</div><ul>{legend}</ul></div>'


def percent(share: float | None) -> str:
    """A share in percent, never rounded to 0 or 100."""
    if share is None:
        return "unknown"
    text = f"{share * 100:.1f}"
    if 0 < share < 1 and text in {"0.0", "100.0"}:
        return "< 0.1 %" if text == "0.0" else "> 99.9 %"
    return f"{text} %"


def duration(seconds: float) -> str:
    """A time span in a suitable unit."""
    for limit, unit, size, digits in _UNITS:
        if seconds < limit:
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def ago(moment: datetime | None) -> str:
    """The time since a moment."""
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < JUST_NOW:
        return "just now"
    return f"{seconds:.0f} s ago" if seconds < A_MINUTE else f"{duration(seconds)} ago"
