"""Lists of images with labels as people have them: CSV of any separator, encoding and heading."""

import codecs
import csv
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.labels import normal_label

PLACE_COLUMNS = (
    "url", "uri", "image_url", "imageurl", "link", "address", "image", "image_path", "path", "filepath", "file_path",
    "file", "filename", "file_name", "image_name", "src",
)  # fmt: skip
"""Headings of the column that says where an image is, the first of them that there is."""
LABEL_COLUMNS = ("label", "labels", "class", "class_name", "classname", "category", "target", "tag")
SEPARATORS = ",;\t|"

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ZIP = b"PK\x03\x04"


class ListedImage(NamedTuple):
    """A line of a list."""

    line: int
    place: str
    """An address or a path, as it stands there."""
    label: str
    """In normal form; may be none."""


def read_list(path: Path) -> list[ListedImage]:
    """Read a list: CSV with `,`, `;`, tab or `|`, in UTF-8, UTF-16 or Windows' encoding.

    The first line names the columns, in any case; of two columns without such a line, the first is the place.

    Raises:
        DatasetError: The file cannot be read, has no such columns, or lists nothing.
    """
    csv.field_size_limit(sys.maxsize)  # an image may stand in a cell, as a data address
    try:
        text = _decoded(path)
        if "\n" not in text:
            text = text.replace("\r", "\n")  # as old Macs end lines
        rows = _rows(text, _separator(text))
        first = next(rows, (1, []))
        columns = _columns(first[1])
        if columns is None:
            raise DatasetError(
                f"{path} has no columns for images and labels. Its first line must name them, as in: url,label. "
                f"It has: {', '.join(first[1])[:200] or 'nothing'}"
            )
        place, label, has_heading = columns
        listed = rows if has_heading else iter([first, *rows])
        images = [
            ListedImage(line, _cell(row, place).strip(), normal_label(_cell(row, label)))
            for line, row in listed
            if any(cell.strip() for cell in row)
        ]
    except (OSError, UnicodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as a CSV file: {error}") from error
    if not images:
        raise DatasetError(f"{path} lists no images.")
    return images


def _decoded(path: Path) -> str:
    body = path.read_bytes()
    if body.startswith(_ZIP):
        raise DatasetError(f"{path} is a workbook or an archive, no CSV file. Save the list as CSV.")
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body.decode(encoding)
    if b"\0" in body[:1024]:
        raise DatasetError(f"{path} is no text. Give a CSV file with the columns url and label.")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _separator(text: str) -> str:
    """Return the separator that the first line has; the comma if it has several or none."""
    head = text.lstrip().partition("\n")[0]
    counts = {separator: head.count(separator) for separator in SEPARATORS}
    # Commas and semicolons are common in addresses, so a heading decides if there is one.
    for separator in SEPARATORS:
        columns = _columns(next(csv.reader([head], delimiter=separator), []))
        if columns and columns[2]:
            return separator
    return next((separator for separator in "\t;|" if counts[separator] == 1 and not counts[","]), ",")


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    for row in reader:
        yield reader.line_num, row


def _columns(head: Sequence[str]) -> tuple[int, int, bool] | None:
    """Return the places of image and label in a row, and whether this one names them."""
    names = [cell.strip().strip('"').strip().casefold().replace(" ", "_").replace("-", "_") for cell in head]
    place = next((names.index(name) for name in PLACE_COLUMNS if name in names), None)
    label = next((names.index(name) for name in LABEL_COLUMNS if name in names), None)
    if place is not None and label is not None:
        return place, label, True
    looks_like_place = len(names) == 2 and any(sign in names[0] for sign in ("/", ".", ":"))  # noqa: PLR2004 - place and label
    return (0, 1, False) if looks_like_place else None


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""
