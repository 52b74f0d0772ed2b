"""Finding the files to classify: their names and sizes, in one search and in a fixed order."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from meadow.client.folder.errors import FolderError
from meadow.image_files.passed_over import PassedOver, PassedOverCounts
from meadow.image_files.patterns import fixed_folder, is_recursive, matcher
from meadow.image_files.walk import ImageWalk
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


@dataclass(frozen=True)
class FoundFiles:
    """The files that a search found, and how much it passed over."""

    files: Sequence[NamedFile]
    passed_over: PassedOverCounts


def find_files(paths: Sequence[str]) -> FoundFiles:
    """Find what folders, files and glob patterns name, each file once.

    Files of a single folder are named from it, a single file by its own name; several places keep their paths apart. A
    file that is named itself is taken whatever it is; folders and patterns give images.

    Raises:
        FolderError: One of them names nothing, or a folder cannot be read.
    """
    walk = ImageWalk()
    alone = len(paths) == 1
    seen: set[tuple[int, int] | str] = set()
    files: list[NamedFile] = []
    for text in paths:
        for path, status, name_start in _named_by(text, walk):
            identity = _identity(path, status)
            if identity in seen:
                walk.passed_over[PassedOver.REPEATED_FILE] += 1
                continue
            seen.add(identity)
            files.append(NamedFile(path, status.st_size, name_start if alone else 0))
    return FoundFiles(files, walk.passed_over)


Match = tuple[str, os.stat_result, int]
"""A file's path, its status, and where its name begins if nothing else is asked for."""


def _named_by(text: str, walk: ImageWalk) -> Iterator[Match]:
    path = Path(text)
    if path.is_dir():
        return _in_folder(text, walk)
    if path.exists():
        return iter([(text, path.stat(), len(text) - len(path.name))])
    matches = _of_recursive_pattern(text, walk) if is_recursive(text) else _of_pattern(text, walk)
    if matches is None:
        raise FolderError(f"{printable_name(text)} is no file, no folder, and no pattern that matches any.")
    if not matches:
        raise FolderError(_no_images(f"What {printable_name(text)} matches", walk.passed_over))
    return iter(matches)


def _in_folder(text: str, walk: ImageWalk) -> Iterator[Match]:
    known = walk.has_searched(text)
    folder = os.path.join(text, "")  # noqa: PTH118 - Path would drop the separator that names begin after
    try:
        found = list(walk.search([folder]))
    except OSError as error:
        raise FolderError(f"Folder {printable_name(text)} cannot be read: {error.strerror}.") from error
    if not found and not known:
        raise FolderError(_no_images(f"Folder {printable_name(text)}", walk.passed_over))
    return ((file.path, file.status, len(folder)) for file in found)


def _of_pattern(pattern: str, walk: ImageWalk) -> list[Match] | None:
    """Expand a pattern that the shell left alone; folders that it names are searched. None if it names nothing."""
    hits = sorted(glob.glob(pattern))  # noqa: PTH207 - unlike Path.glob, this takes absolute ones
    found: list[Match] = []
    for hit in hits:
        if Path(hit).is_dir():
            found += ((file.path, file.status, 0) for file in walk.search([hit]))
            continue
        status = walk.image_status(hit)
        if status:
            found.append((hit, status, 0))
    return found if hits else None


def _of_recursive_pattern(pattern: str, walk: ImageWalk) -> list[Match] | None:
    folder = fixed_folder(pattern)
    if not Path(folder).is_dir():
        return None
    # A search of its own: other files of the same folders may be asked for by another pattern.
    own = ImageWalk(matcher(pattern), walk.passed_over)
    before = walk.passed_over.total()
    found = [(file.path.removeprefix("./"), file.status, 0) for file in own.search([folder])]
    return found if found or walk.passed_over.total() > before else None


def _no_images(where: str, passed_over: PassedOverCounts) -> str:
    return f"{where} holds no images. {passed_over.sentence}".strip()


def _identity(path: str, status: os.stat_result) -> tuple[int, int] | str:
    """Recognise a file that a link leads to as well; two names of one file (hard links) are two files."""
    if S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_ino:
        return status.st_dev, status.st_ino
    return os.path.realpath(path)
