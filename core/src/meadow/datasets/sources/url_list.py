"""A list of addresses with labels: a CSV file with the columns `url` and `label`."""

import csv
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

from meadow.datasets.errors import DatasetError
from meadow.datasets.rejection import Reason, Rejection
from meadow.datasets.sources.downloads import DownloadNotes
from meadow.datasets.sources.model import Candidate, UnfitError, fault_of_label
from meadow.net.downloader import Downloader, DownloadError, DownloadRefusedError, DownloadTooLargeError

COLUMNS = ("url", "label")


class UrlListSource:
    """The images at the addresses of a CSV file, each downloaded once.

    Args:
        path: The file; it has a header, and further columns are ignored.
        downloader: Closed with the source.
        notes: What was downloaded before.
        refresh: Ask again for what was downloaded before; a server that knows entity tags sends only what has changed.

    Raises:
        DatasetError: The file cannot be read, or has not the columns.
    """

    waits = True

    def __init__(self, path: Path, downloader: Downloader, notes: DownloadNotes, *, refresh: bool = False) -> None:
        self.title = f"list {path.name}"
        self._path = path
        self._downloader = downloader
        self._notes = notes
        self._refresh = refresh
        try:
            self.total = self._count()
        except DatasetError:
            downloader.close()
            raise

    def candidates(self) -> Iterator[Candidate | Rejection]:
        """Name the addresses, in the order of the list."""
        seen: set[tuple[str, str]] = set()
        for line, url, label in self._rows():
            fault = fault_of_label(label)
            if fault or not url:
                name, detail = url or f"line {line}", fault or "There is no address."
                yield self._rejection(name, label, Reason.LABEL_MISSING if fault else Reason.UNREACHABLE, detail)
            elif (url, label) in seen:
                yield self._rejection(url, label, Reason.DUPLICATE, f"Listed twice (line {line}).")
            else:
                seen.add((url, label))
                yield Candidate(url, label, url)

    def read(self, candidate: Candidate) -> bytes:
        """Download an image, unless it was downloaded before.

        Raises:
            UnfitError: It cannot be had.
        """
        known = self._notes.find(candidate.place)
        if known and not self._refresh:
            return known[1]
        try:
            downloaded = self._downloader.fetch(candidate.place, known_etag=known[0].etag if known else "")
        except DownloadRefusedError as error:
            raise UnfitError(Reason.REFUSED_ADDRESS, str(error)) from error
        except DownloadTooLargeError as error:
            raise UnfitError(Reason.TOO_LARGE, str(error)) from error
        except DownloadError as error:
            raise UnfitError(Reason.UNREACHABLE, str(error)) from error
        if downloaded is None:
            return known[1] if known else b""
        self._notes.write(candidate.place, downloaded.body, downloaded.etag)
        return downloaded.body

    def close(self) -> None:
        """End the downloads."""
        self._downloader.close()

    def _count(self) -> int:
        count = sum(1 for _ in self._rows())
        if not count:
            raise DatasetError(f"{self._path} lists no images.")
        return count

    def _rows(self) -> Iterator[tuple[int, str, str]]:
        """Yield line number, address and label."""
        try:
            with self._path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file, skipinitialspace=True)
                missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
                if missing:
                    raise DatasetError(f"{self._path} has no column {missing[0]!r}. Its first line must be: url,label")
                for row in reader:
                    yield reader.line_num, (row["url"] or "").strip(), (row["label"] or "").strip()
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DatasetError(f"{self._path} cannot be read as a CSV file: {error}") from error

    def _rejection(self, name: str, label: str, reason: Reason, detail: str) -> Rejection:
        return Rejection(name=name, label=label, origin=self.title, reason=reason, detail=detail)


def bundled_lists() -> dict[str, Path]:
    """Return the lists that come with Meadow, by their names."""
    with as_file(files("meadow.datasets") / "manifests") as folder:
        return {path.stem: path for path in sorted(folder.glob("*.csv"))}
