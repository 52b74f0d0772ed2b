"""What a run has found: rows for the one table, and what is told beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from meadow_bench.rows import Row, Verdict


@dataclass
class Listing:
    """A further table, without bars: where the time goes, say."""

    title: str
    headings: tuple[str, ...]
    lines: Sequence[tuple[str, ...]]


@dataclass
class Report:
    """Rows and listings, in the order in which they were measured."""

    rows: list[Row] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)

    def __iadd__(self, other: "Report") -> Self:
        """Put another report's findings behind these."""
        self.rows += other.rows
        self.listings += other.listings
        return self

    @property
    def summary(self) -> str:
        """How many bars there are, and which are not reached."""
        barred = [row for row in self.rows if row.bar is not None]
        missed = [row.what for row in barred if row.verdict is Verdict.NOT_REACHED]
        if not missed:
            return f"All {len(barred)} bars are reached."
        return f"{len(missed)} of {len(barred)} bars are not reached: {'; '.join(missed)}."
