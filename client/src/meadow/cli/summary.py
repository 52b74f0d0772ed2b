"""Summing up a batch's results as they pass by."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meadow.schemas.items import ItemResult
from meadow.schemas.predictions import Decision

FAILURES_SHOWN = 20


class Summary:
    """Counts of many results, and the first failures among them."""

    def __init__(self) -> None:
        self.total = 0
        self.failed = 0
        self._classes: Counter[str] = Counter()
        self._unsure: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._failures: list[ItemResult] = []

    def watch(self, results: Iterable[ItemResult]) -> Iterator[ItemResult]:
        """Pass results on, and count them."""
        for result in results:
            self.total += 1
            if result.prediction:
                self._classes[result.prediction.label] += 1
                self._unsure[result.prediction.label] += result.prediction.decision is Decision.UNSURE
                self._unknown[result.prediction.label] += result.prediction.decision is Decision.UNKNOWN
            else:
                self.failed += 1
                if len(self._failures) < FAILURES_SHOWN:
                    self._failures.append(result)
            yield result

    def show(self, console: Console, seconds: float | None = None) -> None:
        """Print images per class, the unsure and the unknown ones, the failures with their reasons, and the rate."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("class", "images", "of them unsure", "unknown"):
            table.add_column(heading, justify="left" if heading == "class" else "right")
        for label, count in self._classes.most_common():
            table.add_row(escape(label), str(count), str(self._unsure[label] or ""), str(self._unknown[label] or ""))
        if self.failed:
            table.add_row("[red]failed[/]", f"[red]{self.failed}[/]", "", "")
        console.print(table)
        rate = f" in {seconds:.1f} s ({self.total / seconds:.0f}/s)" if seconds else ""
        console.print(f"{self.total} images{rate}", style="dim")
        for result in self._failures:
            if result.error:
                console.print(
                    f"[red]{escape(result.item)}[/]: {escape(result.error.detail)} ({result.error.code})",
                    highlight=False,
                )
        if self.failed > len(self._failures):
            console.print(f"... and {self.failed - len(self._failures)} more; --out lists them all.", style="dim")
