"""A folder with one sub-folder of images per class."""

import os
from collections.abc import Iterator
from pathlib import Path

from meadow.image_files.system_names import is_system_name
from meadow.image_files.walk import ImageWalk
from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.minimums import MINIMUM_CLASSES
from meadow.schemas.rejection import Reason
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.model import Candidate, UnfitError
from meadow_core.datasets.sources.placed import PlacedImages


class FolderSource:
    """The images below a folder of this machine.

    Raises:
        DatasetError: There is no such folder, or there are too few classes.
    """

    waits = False

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        minimum_classes: int = MINIMUM_CLASSES,
        split_folders: SplitFolders = SplitFolders.MERGE,
    ) -> None:
        self.title = f"folder {folder.resolve().name}"
        self._max_bytes = max_bytes
        if not folder.is_dir():
            raise DatasetError(f"{folder} is not a folder. Give a folder with one sub-folder of images per class.")
        walk = ImageWalk()
        root = os.path.join(folder, "")  # noqa: PTH118 - with a separator at its end
        try:
            paths = [file.path for file in walk.search([root])]
        except OSError as error:
            raise DatasetError(f"{folder} cannot be read: {error.strerror}.") from error
        placed = PlacedImages(
            [path.removeprefix(root) for path in paths],
            paths,
            origin=self.title,
            passed_over=walk.passed_over,
            split_folders=split_folders,
            unwrap=minimum_classes > 1,
        )
        placed.require_classes(minimum_classes, str(folder))
        self._images, self.passed_over = placed.images, placed.passed_over
        self.notes = [*placed.notes, *_empty_folders(root, paths)]

    @property
    def total(self) -> int:
        """How many files there are."""
        return len(self._images)

    def candidates(self) -> Iterator[Candidate | Rejection]:
        """Name the files, class by class."""
        yield from self._images

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


def _empty_folders(root: str, paths: list[str]) -> Iterator[str]:
    """Say which folders are no classes because they hold no images."""
    with os.scandir(root) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir() and not is_system_name(entry.name))
    filled = {path.removeprefix(root).partition("/")[0] for path in paths}
    for name in names:
        if name not in filled:
            yield f"Folder {name} holds no images and is no class."
