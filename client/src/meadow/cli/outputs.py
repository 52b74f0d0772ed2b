"""Writing results, as they come, to a file whose suffix names the format."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from meadow.client import ClientError
from meadow.result_formats import CSV_COLUMNS, as_csv, as_ndjson, result_row
from meadow.schemas.items import ItemResult

SUFFIXES = (".csv", ".ndjson", ".parquet")
ROW_GROUP = 16_384
"""Results in memory at a time for Parquet, which is written by columns."""


SpreadsheetSafe = Annotated[
    bool,
    typer.Option(
        "--spreadsheet-safe",
        help="CSV: prefix cells that a spreadsheet would run as a formula with '. This changes such file names.",
    ),
]


class OutputError(ClientError):
    """The results could not be written."""

    def __init__(self, out: Path, error: OSError, batch_id: str) -> None:
        again = f" They are kept: meadow results {batch_id} --out FILE fetches them." if batch_id else ""
        super().__init__(f"The results could not be written to {out}: {error.strerror or error}.{again}")


@dataclass(frozen=True)
class Output:
    """Where results go, if anywhere."""

    path: Path | None
    spreadsheet_safe: bool = False
    """See `as_csv`."""

    def check(self) -> None:
        """Say before the work starts when its results could not be written; a file is begun to find out.

        Raises:
            typer.BadParameter: Unknown suffix, no such folder, one that is not to be written to, or a format that needs
                what is not installed.
        """
        out = self.path
        if out is None:
            return
        if out.suffix not in SUFFIXES:
            raise typer.BadParameter(f"--out {out}: the name must end in {', '.join(SUFFIXES)}.")
        if not out.parent.is_dir():
            raise typer.BadParameter(f"--out {out}: there is no folder {out.parent}.")
        if out.is_dir():
            raise typer.BadParameter(f"--out {out}: this is a folder. Name a file in it.")
        if out.suffix == ".parquet" and find_spec("pyarrow") is None:
            raise typer.BadParameter("Parquet needs pyarrow: pip install 'meadow[parquet]'.")
        try:
            scratch = _scratch(out)
            scratch.touch()
            scratch.unlink()
        except OSError as error:
            raise typer.BadParameter(f"--out {out}: nothing can be written there: {error.strerror}.") from error

    def write(self, results: Iterable[ItemResult], *, batch_id: str = "") -> None:
        """Read results to the end, into the file if there is to be one; it appears whole.

        Args:
            results: Each image's.
            batch_id: The batch that has them, from which they can be had again.

        Raises:
            OutputError: They cannot be written.
        """
        if self.path is None:
            deque(results, maxlen=0)
            return
        scratch = _scratch(self.path)
        try:
            if self.path.suffix == ".parquet":
                _write_parquet(results, scratch)
            else:
                csv = self.path.suffix == ".csv"
                lines = as_csv(results, spreadsheet_safe=self.spreadsheet_safe) if csv else as_ndjson(results)
                with scratch.open("w", newline="", encoding="utf-8") as file:
                    file.writelines(lines)
            scratch.replace(self.path)
        except OSError as error:
            scratch.unlink(missing_ok=True)
            raise OutputError(self.path, error, batch_id) from error


def _scratch(out: Path) -> Path:
    """Return where results are written until they are whole, under a name that is no longer than a name may be."""
    return out.with_name(f".{hashlib.sha256(out.name.encode(errors='surrogateescape')).hexdigest()[:16]}.partial")


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
