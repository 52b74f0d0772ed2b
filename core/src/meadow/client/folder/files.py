"""Finding the files to classify: their names and sizes, in one walk and in a fixed order."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from meadow.client.folder.errors import FolderError
from meadow.image_files.types import IMAGE_SUFFIXES
from meadow.packs import printable_name


class NamedFile(NamedTuple):
    """A file to classify, and the name that its result carries: the path, or its end."""

    path: str
    size: int
    name_start: int = 0

    @property
    def name(self) -> str:
        """The name that its result carries."""
        return printable_name(self.path[self.name_start :])


def find_files(paths: list[str]) -> list[NamedFile]:
    """Find what folders, files and glob patterns name, each file once.

    Files of a single folder are named from it, a single file by its own name; several places keep their paths apart.

    Raises:
        FolderError: One of them names nothing, or a folder cannot be read.
    """
    alone = len(paths) == 1
    seen: set[tuple[int, int] | str] = set()
    found: list[NamedFile] = []
    for text in paths:
        matches = _folder(text, alone=alone) if Path(text).is_dir() else _file_or_pattern(text, alone=alone)
        for file, identity in matches:
            if identity not in seen:
                seen.add(identity)
                found.append(file)
    return found


def walk(folder: Path) -> list[NamedFile]:
    """Find the image files under a folder, named from it; hidden files and folders are left out."""
    return find_files([str(folder)])


Match = tuple[NamedFile, tuple[int, int] | str]
"""A file, and what it is recognised by under another name."""


def _folder(text: str, *, alone: bool) -> Iterable[Match]:
    folder = os.path.join(text, "")  # noqa: PTH118 - Path would drop the separator that names begin after
    found = [
        (_named(entry, len(folder) if alone else 0), _identity(entry.path, entry.stat())) for entry in _walk(folder)
    ]
    if not found:
        raise FolderError(f"Folder {text} holds no images.")
    return found


def _walk(folder: str) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise FolderError(f"Folder {folder} cannot be read: {error.strerror}.") from error
    for entry in listed:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES and entry.is_file():  # noqa: PTH122 - a Path a file is slow
            yield entry


def _named(entry: "os.DirEntry[str]", name_start: int) -> NamedFile:
    return NamedFile(entry.path, entry.stat().st_size, name_start)


def _file_or_pattern(text: str, *, alone: bool) -> Iterable[Match]:
    path = Path(text)
    hits = [text] if path.exists() else _glob(text)
    if not hits:
        raise FolderError(f"{text} is no file, no folder, and no pattern that matches any.")
    for hit in hits:
        status = Path(hit).stat()
        name_start = len(hit) - len(path.name) if alone and hit == text else 0
        yield NamedFile(hit, status.st_size, name_start), _identity(hit, status)


def _glob(pattern: str) -> list[str]:
    """Expand a pattern that the shell left alone; unlike `Path.glob`, this takes absolute ones too."""
    return sorted(hit for hit in glob.glob(pattern, recursive=True) if Path(hit).is_file())  # noqa: PTH207 - see above


def _identity(path: str, status: os.stat_result) -> tuple[int, int] | str:
    """Recognise a file that a link leads to as well; two names of one file (hard links) are two files."""
    if S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_ino:
        return status.st_dev, status.st_ino
    return os.path.realpath(path)
