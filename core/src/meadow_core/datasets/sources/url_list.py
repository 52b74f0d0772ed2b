"""Addresses and paths of images with labels, from a list."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from meadow.image_files.passed_over import PassedOverCounts
from meadow.schemas.rejection import Reason
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.labels import fault_of_label
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.downloads import DownloadNotes
from meadow_core.datasets.sources.list_file import read_list
from meadow_core.datasets.sources.model import Candidate, UnfitError
from meadow_core.net.downloader import Downloader, DownloadError, DownloadRefusedError, DownloadTooLargeError

SHOWN_CHARACTERS = 60
"""Of an image that stands in the list itself, as a data address."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
"""A scheme; one letter is a drive of Windows."""

ReadFile = Callable[[str], bytes]
"""Reads a file by its path, from the folder that the list is in; raises `UnfitError`."""


class UrlListSource:
    """The images of a list: at web addresses, each downloaded once, in files beside it, or in data addresses.

    Args:
        path: The list; see `meadow_core.datasets.sources.list_file`.
        downloader: Closed with the source.
        notes: What was downloaded before.
        read_file: Reads the files that it names.
        refresh: Ask again for what was downloaded before; a server that knows entity tags sends only what has changed.

    Raises:
        DatasetError: The file cannot be read, or has not the columns.
    """

    waits = True
    notes = ()

    def __init__(
        self,
        path: Path,
        downloader: Downloader,
        notes: DownloadNotes,
        *,
        read_file: ReadFile,
        refresh: bool = False,
    ) -> None:
        self.title = f"list {path.name}"
        self.passed_over = PassedOverCounts()
        self._downloader = downloader
        self._notes = notes
        self._read_file = read_file
        self._refresh = refresh
        try:
            self._listed = read_list(path)
        except DatasetError:
            downloader.close()
            raise

    @property
    def total(self) -> int:
        """How many lines there are."""
        return len(self._listed)

    def candidates(self) -> Iterator[Candidate | Rejection]:
        """Name the images, in the order of the list."""
        seen: set[tuple[str, str]] = set()
        for line, place, label in self._listed:
            name = shown_place(place) or f"line {line}"
            if fault := fault_of_label(label):
                yield self._rejection(name, label, Reason.LABEL_MISSING, f"{fault} (line {line})")
            elif not place:
                yield self._rejection(name, label, Reason.UNREACHABLE, "There is no address.")
            elif (place, label) in seen:
                yield self._rejection(name, label, Reason.DUPLICATE, f"Listed twice (line {line}).")
            else:
                seen.add((place, label))
                yield Candidate(name, label, place)

    def read(self, candidate: Candidate) -> bytes:
        """Read an image, unless it was downloaded before.

        Raises:
            UnfitError: It cannot be had.
        """
        scheme = _ADDRESS.match(candidate.place)
        if scheme is None and not candidate.place.startswith("//"):
            return self._read_file(candidate.place)
        if scheme and scheme[0].lower() == "data:":
            return read_data_address(candidate.place)
        if scheme and scheme[0].lower() == "file:":
            return self._read_file(unquote(urlsplit(candidate.place).path))
        return self._download(candidate.place)

    def _download(self, url: str) -> bytes:
        known = self._notes.find(url)
        if known and not self._refresh:
            return known[1]
        try:
            downloaded = self._downloader.fetch(url, known_etag=known[0].etag if known else "")
        except DownloadRefusedError as error:
            raise UnfitError(Reason.REFUSED_ADDRESS, str(error)) from error
        except DownloadTooLargeError as error:
            raise UnfitError(Reason.TOO_LARGE, str(error)) from error
        except DownloadError as error:
            raise UnfitError(Reason.UNREACHABLE, str(error)) from error
        if downloaded is None:
            return known[1] if known else b""
        self._notes.write(url, downloaded.body, downloaded.etag)
        return downloaded.body

    def close(self) -> None:
        """End the downloads."""
        self._downloader.close()

    def _rejection(self, name: str, label: str, reason: Reason, detail: str) -> Rejection:
        return Rejection(name=name, label=label, origin=self.title, reason=reason, detail=detail)


def shown_place(place: str) -> str:
    """Write an address for people: of one that holds the image itself, the beginning."""
    if not place[:5].lower().startswith("data:") or len(place) <= SHOWN_CHARACTERS:
        return place
    return f"{place[:SHOWN_CHARACTERS]}… ({len(place):,} characters)"


def read_data_address(address: str) -> bytes:
    """Read what a data address holds (RFC 2397).

    Raises:
        UnfitError: It is malformed.
    """
    kind, comma, body = address.partition(",")
    if not comma:
        raise UnfitError(Reason.UNREACHABLE, "The data address has no comma before its data.")
    if not kind.lower().rstrip().endswith(";base64"):
        return unquote_to_bytes(body)
    plain = "".join(unquote(body).split()).translate({ord("-"): "+", ord("_"): "/"})
    try:
        return base64.b64decode(plain.rstrip("=") + "=" * (-len(plain.rstrip("=")) % 4), validate=True)
    except binascii.Error as error:
        raise UnfitError(Reason.UNREACHABLE, f"The data address is no base64: {error}.") from error
