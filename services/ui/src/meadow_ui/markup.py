"""Small pieces of HTML that the pages share. Whatever comes from outside is escaped here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Literal

from meadow.jobs.model import JobState

Tone = Literal["good", "unsure", "unknown", "bad", "quiet"]

STATE_TONES: Mapping[JobState, Tone] = {
    JobState.SUCCEEDED: "good",
    JobState.FAILED: "bad",
    JobState.EXPIRED: "bad",
    JobState.CANCELLED: "quiet",
    JobState.QUEUED: "quiet",
    JobState.RUNNING: "unsure",
}
"""How a job's state is coloured on every page."""

_UNITS = ((1, "ms", 0.001, 0), (10, "s", 1, 1), (90, "s", 1, 0), (5_400, "min", 60, 0), (172_800, "h", 3_600, 0))

JUST_NOW = 5.0
A_MINUTE = 60.0

_MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:&")
"""What has a meaning in Streamlit's Markdown."""

CLASS_COLOURS = 6
"""How many colours `frame/styles` has for classes; further classes begin again with the first."""


def plain(text: str) -> str:
    """Text for where Streamlit reads Markdown, in the names of buttons for instance: it is shown as it is."""
    return "".join(f"\\{sign}" if sign in _MARKDOWN else sign for sign in text)


def badge(text: str, tone: Tone) -> str:
    """A small pill."""
    return f'<span class="badge {tone}">{escape(text)}</span>'


def tile(name: str, value: str, note: str = "") -> str:
    """One number with its name, and what it means."""
    below = f"<small>{escape(note)}</small>" if note else ""
    return f'<div class="tile"><span>{escape(name)}</span><strong>{escape(value)}</strong>{below}</div>'


def tiles(content: Iterable[str]) -> str:
    """Tiles beside one another, as many as fit."""
    return f'<div class="tiles">{"".join(content)}</div>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values; the values are HTML."""
    return "<dl class='facts'>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that folds into blocks where the page is narrow; the cells are HTML."""
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-name="{escape(name)}">{cell}</td>' for name, cell in zip(heads, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<div class='table'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def code(text: str, *, whole: str = "") -> str:
    """Something to copy or compare; `whole` is shown on hovering where `text` is shortened."""
    title = f' title="{escape(whole)}"' if whole else ""
    return f"<code{title}>{escape(text)}</code>"


def digest(value: str) -> str:
    """The beginning of a digest, enough to tell two apart."""
    return code(value.removeprefix("sha256:")[:12], whole=value) if value else "unknown"


def percent(share: float | None) -> str:
    """A share in percent; never rounded to certainty."""
    if share is None:
        return "unknown"
    text = f"{share * 100:.1f}"
    if 0 < share < 1 and text in {"0.0", "100.0"}:
        return "< 0.1 %" if text == "0.0" else "> 99.9 %"
    return f"{text} %"


def duration(seconds: float) -> str:
    """A span of time in the unit that fits."""
    for limit, unit, size, digits in _UNITS:
        if seconds < limit:
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def ago(moment: datetime | None) -> str:
    """How long something is past."""
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < JUST_NOW:
        return "just now"
    return f"{seconds:.0f} s ago" if seconds < A_MINUTE else f"{duration(seconds)} ago"
