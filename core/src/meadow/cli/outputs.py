"""Writing results, as they come, to a file whose suffix names the format."""

from collections import deque
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import typer

from meadow.items import ItemResult
from meadow.result_formats import CSV_COLUMNS, as_csv, as_ndjson, result_row

SUFFIXES = (".csv", ".ndjson", ".parquet")
ROW_GROUP = 16_384
"""Results in memory at a time for Parquet, which is written by columns."""


def check_output(out: Path | None) -> None:
    """Say before the work starts when its results could not be written.

    Raises:
        typer.BadParameter: Unknown suffix, no such folder, or a format that needs what is not installed.
    """
    if out is None:
        return
    if out.suffix not in SUFFIXES:
        raise typer.BadParameter(f"--out {out}: the name must end in {', '.join(SUFFIXES)}.")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"--out {out}: there is no folder {out.parent}.")
    if out.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise typer.BadParameter("Parquet needs pyarrow: pip install 'meadow[parquet]'.")


def consume(results: Iterable[ItemResult], out: Path | None) -> None:
    """Read results to the end, into a file if there is to be one."""
    if out is None:
        deque(results, maxlen=0)
    else:
        write_results(results, out)


def write_results(results: Iterable[ItemResult], out: Path) -> None:
    """Write results; the file appears whole."""
    scratch = out.with_name(f".{out.name}.partial")
    if out.suffix == ".parquet":
        _write_parquet(results, scratch)
    else:
        lines = as_csv(results) if out.suffix == ".csv" else as_ndjson(results)
        with scratch.open("w", newline="", encoding="utf-8") as file:
            file.writelines(lines)
    scratch.replace(out)


def _write_parquet(results: Iterable[ItemResult], path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415

    # The types are the same whatever the results hold, so that the files of several runs can be read as one table.
    numbers = {"probability": pa.float64(), "ood_score": pa.float64(), "width": pa.int64(), "height": pa.int64()}
    schema = pa.schema([(name, numbers.get(name, pa.string())) for name in CSV_COLUMNS])
    with pq.ParquetWriter(path, schema) as writer:
        for rows in _row_groups(results):
            columns = {name: [row[index] for row in rows] for index, name in enumerate(CSV_COLUMNS)}
            writer.write_table(pa.table(columns, schema=schema))


def _row_groups(results: Iterable[ItemResult]) -> Iterator[list[list[str | int | float | None]]]:
    coming = iter(results)
    while group := list(islice(coming, ROW_GROUP)):
        yield [[cell if cell != "" else None for cell in result_row(result)] for result in group]
