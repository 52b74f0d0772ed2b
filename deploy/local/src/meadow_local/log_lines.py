"""Lines of the parts' logs, and when they were written: every program writes time its own way."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

HEAD = 80
"""A line's own time stands at its beginning; later ones are part of what it says."""

ISO = re.compile(
    r"(?P<date>\d{4}[-/]\d\d[-/]\d\d)[T ](?P<time>\d\d:\d\d:\d\d)"
    r"(?:[.,](?P<fraction>\d+))? ?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
REDIS = re.compile(r"(?P<date>\d\d \w{3} \d{4}) (?P<time>\d\d:\d\d:\d\d)\.(?P<fraction>\d+)")
TORNADO = re.compile(r"\[[A-Z] (?P<date>\d{6}) (?P<time>\d\d:\d\d:\d\d)")

FORMATS = ((ISO, "%Y-%m-%d"), (REDIS, "%d %b %Y"), (TORNADO, "%y%m%d"))


@dataclass(frozen=True)
class LogLine:
    """One line of one part."""

    when: float
    part: str
    text: str


def written_at(text: str) -> float | None:
    """When a line says it was written, in seconds since the epoch."""
    for pattern, date_format in FORMATS:
        if (found := pattern.search(text[:HEAD])) is not None:
            return _timestamp(found, date_format)
    return None


def dated(part: str, lines: Iterable[str], before: float = 0.0) -> Iterator[LogLine]:
    """Give each line a time; one without its own, as in a traceback, goes with the line before it."""
    when = before
    for text in lines:
        # Clocks of one file never run backwards, or merging would tear it apart.
        when = max(written_at(text) or when, when)
        yield LogLine(when, part, text)


def _timestamp(found: re.Match[str], date_format: str) -> float | None:
    parts = found.groupdict()
    try:
        moment = datetime.strptime(  # noqa: DTZ007 - the zone follows below
            f"{parts['date'].replace('/', '-')} {parts['time']}", f"{date_format} %H:%M:%S"
        )
    except ValueError:
        return None
    zone = parts.get("zone")
    if zone == "Z":
        moment = moment.replace(tzinfo=UTC)
    elif zone:
        moment = moment.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo)
    return moment.timestamp() + float(f"0.{parts.get('fraction') or 0}")
