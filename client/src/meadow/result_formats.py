"""A batch's results as text, the same from the gateway's downloads and from the command line."""

import csv
import io
from collections.abc import Iterable, Iterator

from meadow.schemas.items import ItemResult

CSV_COLUMNS = ("item", "state", "label", "decision", "probability", "ood_score", "width", "height", "error", "detail")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_ndjson(items: Iterable[ItemResult]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for item in items:
        yield item.model_dump_json() + "\n"


def as_csv(items: Iterable[ItemResult], *, spreadsheet_safe: bool = False) -> Iterator[str]:
    """Yield a header and one line an image (RFC 4180).

    Args:
        items: The images' results.
        spreadsheet_safe: Whether cells that a spreadsheet would run as a formula get a `'` in front. That changes
            names, so the file no longer joins with others by them.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(CSV_COLUMNS)
    for item in items:
        row = result_row(item)
        writer.writerow(map(without_formula, row) if spreadsheet_safe else row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def result_row(item: ItemResult) -> list[str | int | float]:
    """Return an image's cells, in the order of `CSV_COLUMNS`."""
    answer, error = item.prediction, item.error
    return [
        item.item,
        item.state.value,
        answer.label if answer else "",
        answer.decision.value if answer else "",
        round(answer.scores[0].probability, 6) if answer else "",
        answer.ood_score if answer and answer.ood_score is not None else "",
        answer.width if answer else "",
        answer.height if answer else "",
        error.code if error else "",
        error.detail if error else "",
    ]


def without_formula(cell: str | float) -> str | float:
    """Keep a spreadsheet from running a cell as a formula (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
