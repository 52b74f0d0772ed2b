"""A folder with one sub-folder of images per class."""

from collections.abc import Iterator
from pathlib import Path

from meadow.datasets.folder import MINIMUM_CLASSES, read_class_folders
from meadow.datasets.rejection import Reason
from meadow.datasets.sources.model import Candidate, UnfitError


class FolderSource:
    """The images below a folder of this machine.

    Raises:
        DatasetError: There is no such folder, too few classes, or a class without images.
    """

    waits = False

    def __init__(self, folder: Path, *, max_bytes: int, minimum_classes: int = MINIMUM_CLASSES) -> None:
        self.title = f"folder {folder.resolve().name}"
        self._folder = folder
        self._max_bytes = max_bytes
        self._files = read_class_folders(folder, minimum_classes=minimum_classes)

    @property
    def total(self) -> int:
        """How many files there are."""
        return len(self._files)

    def candidates(self) -> Iterator[Candidate]:
        """Name the files, class by class."""
        for file in self._files:
            yield Candidate(file.path.relative_to(self._folder).as_posix(), file.label, str(file.path))

    def read(self, candidate: Candidate) -> bytes:
        """Read a file.

        Raises:
            UnfitError: It is too large, or cannot be read.
        """
        path = Path(candidate.place)
        try:
            size = path.stat().st_size
            if size > self._max_bytes:
                detail = f"The file has {size:,} bytes; at most {self._max_bytes:,} are read."
                raise UnfitError(Reason.TOO_LARGE, detail)
            return path.read_bytes()
        except OSError as error:
            raise UnfitError(Reason.UNREACHABLE, f"The file cannot be read: {error.strerror}.") from error

    def close(self) -> None:
        """Nothing runs in the background."""
