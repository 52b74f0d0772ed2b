"""What a file of a zip or under a prefix is, by its path: the same that a search of folders finds are images."""

from enum import Enum, auto
from itertools import accumulate

from meadow.image_files.passed_over import PassedOver, PassedOverCounts
from meadow.image_files.system_names import is_system_name
from meadow.image_files.types import IMAGE_SUFFIXES, needs_header, suffix_of

ARCHIVE_SUFFIXES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar"})


class FileKind(Enum):
    """What a path with `/` tells of its file."""

    IMAGE = auto()
    UNTOLD = auto()
    """Only its first bytes tell whether it is an image."""
    OTHER = auto()
    SYSTEM = auto()
    """Hidden or made by a system, as the file itself or a folder that it is in."""
    FOLDER = auto()
    """A folder's own entry."""


def file_kind(path: str) -> FileKind:
    """Judge a path."""
    if system_folder(path) or is_system_name(path.rpartition("/")[2]):
        return FileKind.SYSTEM
    if not path or path.endswith("/"):
        return FileKind.FOLDER
    suffix = suffix_of(path)
    if suffix in IMAGE_SUFFIXES:
        return FileKind.IMAGE
    return FileKind.UNTOLD if needs_header(suffix) else FileKind.OTHER


def system_folder(path: str) -> str:
    """Return the outermost hidden or system folder that a path leads through; empty if there is none."""
    folders = path.split("/")[:-1]
    paths = accumulate(folders, "{}/{}".format)
    return next((folder for name, folder in zip(folders, paths, strict=True) if is_system_name(name)), "")


class PassedOverFiles:
    """Counts of the files that are passed over; a system folder counts once, with all that is in it."""

    def __init__(self, *, after: str = "") -> None:
        """Count from behind a path, where paths come in their order, so that its folder is not counted again."""
        self._counts = PassedOverCounts()
        self._folders = {system_folder(after)}

    def add(self, path: str, kind: FileKind) -> None:
        """Count a file that is no image."""
        folder = system_folder(path)
        if folder:
            self._counts[PassedOver.SYSTEM_FOLDER] += folder not in self._folders
            self._folders.add(folder)
        elif kind is FileKind.SYSTEM:
            self._counts[PassedOver.SYSTEM_FILE] += 1
        elif kind is not FileKind.FOLDER:
            self._counts.add_file(suffix_of(path))

    def add_unreadable(self) -> None:
        """Count a file whose first bytes cannot be read."""
        self._counts[PassedOver.UNREADABLE_FILE] += 1

    def take(self) -> PassedOverCounts:
        """Return the counts, and begin anew."""
        taken, self._counts = +self._counts, PassedOverCounts()
        return PassedOverCounts(taken)
