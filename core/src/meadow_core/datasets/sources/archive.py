"""A zip or tar of class folders, as data sets are downloaded: published as it is."""

import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from meadow.image_files.passed_over import PassedOver, PassedOverCounts
from meadow.image_files.system_names import is_system_path
from meadow.image_files.types import HEADER_BYTES, IMAGE_SUFFIXES, image_type, needs_header, suffix_of
from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.minimums import MINIMUM_CLASSES
from meadow.schemas.rejection import Reason
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.model import Candidate, UnfitError
from meadow_core.datasets.sources.placed import PlacedImages

_UTF8_FLAG = 0x800
_FAULTS = (OSError, RuntimeError, NotImplementedError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError)
"""What reading a damaged, encrypted or unknown kind of archive raises."""


def is_archive(path: Path) -> bool:
    """Whether a file is a zip or a tar, whatever its name."""
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except OSError:
        return False


class ArchiveSource:
    """The images in an archive of this machine; a tar is unpacked, into a temporary folder, for its files lie in a row.

    Raises:
        DatasetError: It cannot be read, or holds too few classes.
    """

    waits = False

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        minimum_classes: int = MINIMUM_CLASSES,
        split_folders: SplitFolders = SplitFolders.MERGE,
    ) -> None:
        self.title = f"archive {path.name}"
        self._max_bytes = max_bytes
        self._unpacked = tempfile.TemporaryDirectory(prefix="meadow-archive-")
        self._zip: zipfile.ZipFile | None = None
        passed_over = PassedOverCounts()
        try:
            if zipfile.is_zipfile(path):
                self._zip = zipfile.ZipFile(path)
                names, places = self._list_zip(self._zip, passed_over)
            else:
                names, places = self._unpack_tar(path, passed_over)
        except _FAULTS as error:
            self.close()
            raise DatasetError(f"{path} cannot be read as a zip or tar: {error}") from error
        placed = PlacedImages(
            names,
            places,
            origin=self.title,
            passed_over=passed_over,
            split_folders=split_folders,
            unwrap=minimum_classes > 1,
        )
        try:
            placed.require_classes(minimum_classes, str(path))
        except DatasetError:
            self.close()
            raise
        self._images, self.passed_over, self.notes = placed.images, placed.passed_over, placed.notes

    @property
    def total(self) -> int:
        """How many images there are."""
        return len(self._images)

    def candidates(self) -> Iterator[Candidate | Rejection]:
        """Name the images, class by class."""
        yield from self._images

    def read(self, candidate: Candidate) -> bytes:
        """Read an image.

        Raises:
            UnfitError: It is too large, encrypted or damaged.
        """
        try:
            if self._zip is None:
                body = self._read_unpacked(Path(candidate.place))
            else:
                entry = self._zip.infolist()[int(candidate.place)]
                # No more than the limit is unpacked, whatever the directory says.
                with self._zip.open(entry) as file:
                    body = file.read(self._max_bytes + 1)
        except _FAULTS as error:
            raise UnfitError(Reason.UNREACHABLE, f"It cannot be unpacked: {error}.") from error
        if len(body) > self._max_bytes:
            raise UnfitError(Reason.TOO_LARGE, f"The file has more than the {self._max_bytes:,} bytes that are read.")
        return body

    def close(self) -> None:
        """Close the archive, and delete what was unpacked."""
        if self._zip:
            self._zip.close()
        self._unpacked.cleanup()

    def _list_zip(self, archive: zipfile.ZipFile, passed_over: PassedOverCounts) -> tuple[list[str], list[str]]:
        names: list[str] = []
        places: list[str] = []
        for place, entry in enumerate(archive.infolist()):
            if entry.is_dir():
                continue
            name = _zip_name(entry)

            def read_header(entry: zipfile.ZipInfo = entry) -> bytes:
                with archive.open(entry) as file:
                    return file.read(HEADER_BYTES)

            if _is_image(name, read_header, passed_over):
                names.append(name)
                places.append(str(place))
        return names, places

    def _unpack_tar(self, path: Path, passed_over: PassedOverCounts) -> tuple[list[str], list[str]]:
        names: list[str] = []
        places: list[str] = []
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is None:
                    if not member.isdir():
                        passed_over[PassedOver.SPECIAL_FILE] += 1
                    continue
                name = member.name.removeprefix("./")
                header = file.read(HEADER_BYTES)
                if not _is_image(name, lambda header=header: header, passed_over):  # type: ignore[misc]
                    continue
                # Numbered: names in an archive may lead anywhere.
                place = Path(self._unpacked.name) / str(len(places))
                with place.open("wb") as target:
                    target.write(header)
                    shutil.copyfileobj(_Limited(file.read, self._max_bytes), target)
                names.append(name)
                places.append(str(place))
        return names, places

    def _read_unpacked(self, path: Path) -> bytes:
        with path.open("rb") as file:
            return file.read(self._max_bytes + 1)


class _Limited:
    """Reads up to a limit and a little more, by which an excess is noticed."""

    def __init__(self, read: Callable[[int], bytes], limit: int) -> None:
        self._read = read
        self._left = limit + 1

    def read(self, size: int = -1) -> bytes:
        """Read a piece."""
        piece = self._read(min(self._left, size) if size >= 0 else self._left)
        self._left -= len(piece)
        return piece


def _is_image(name: str, read_header: Callable[[], bytes], passed_over: PassedOverCounts) -> bool:
    if is_system_path(name):
        passed_over[PassedOver.SYSTEM_FILE] += 1
        return False
    suffix = suffix_of(name)
    try:
        if suffix in IMAGE_SUFFIXES or (needs_header(suffix) and image_type(read_header())):
            return True
    except _FAULTS:
        passed_over[PassedOver.UNREADABLE_FILE] += 1
        return False
    passed_over.add_file(suffix)
    return False


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """Read a name: as it says it is written, else as UTF-8, which many write without saying so, else as DOS did."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_FLAG:
        try:
            name = name.encode("cp437").decode()
        except UnicodeError:
            name = entry.filename
    return name.replace("\\", "/").removeprefix("./")
