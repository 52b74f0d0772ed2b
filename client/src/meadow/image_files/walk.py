"""A search of folders for image files, the same for classifying and for publishing.

Links to files are followed. A folder is searched once, however many links lead to it, so no circle of links is endless:
folders are told apart by device and inode. Real folders come first: a link gives its folder a name only where nothing
else does. Hidden and system files and folders hold no images. Whatever is passed over is counted.
"""

import errno
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from meadow.image_files.passed_over import PassedOver, PassedOverCounts
from meadow.image_files.system_names import is_system_name
from meadow.image_files.types import HEADER_BYTES, IMAGE_SUFFIXES, image_type, needs_header, suffix_of


class FoundFile(NamedTuple):
    """An image file."""

    root: int
    """Place of the folder, among those that were asked for, that it was found in."""
    path: str
    status: os.stat_result


class SubFolder(NamedTuple):
    """A folder in a folder."""

    name: str
    path: str
    is_link: bool


@dataclass
class ImageWalk:
    """A search. Several of its methods together search each folder once."""

    wanted: Callable[[str], bool] = lambda _: True
    """Tells by its path whether a file is asked for; others are not passed over but none of the search's business."""
    passed_over: PassedOverCounts = field(default_factory=PassedOverCounts)
    _searched: set[tuple[int, int]] = field(default_factory=set)

    def search(self, roots: Iterable[str]) -> Iterator[FoundFile]:
        """Yield the images in and below folders: by name within each, those behind links to folders last.

        Raises:
            OSError: One of the folders that were asked for cannot be read. Below them, such a folder is passed over.
        """
        linked: deque[tuple[int, str]] = deque()
        for place, root in enumerate(roots):
            if self._enter(root):
                yield from self._below(place, _listed(root), linked)
        while linked:
            place, path = linked.popleft()
            if not self._enter(path):
                self.passed_over[PassedOver.LINKED_FOLDER] += 1
                continue
            yield from self._below(place, self._listed_or_passed_over(path), linked)

    def sub_folders(self, folder: str) -> list[SubFolder]:
        """List the folders directly in a folder, real ones before links, and pass over the files beside them.

        Raises:
            OSError: The folder cannot be read.
        """
        self._enter(folder)
        found: list[SubFolder] = []
        for entry in _listed(folder):
            is_folder = self._is_folder(entry)
            if is_folder is None:
                continue
            if is_folder:
                found.append(SubFolder(entry.name, entry.path, entry.is_symlink()))
            elif self._as_image(entry):
                self.passed_over[PassedOver.LOOSE_IMAGE] += 1
        return sorted(found, key=lambda folder: (folder.is_link, folder.name))

    def has_searched(self, folder: str) -> bool:
        """Whether a folder was searched, be it by another name."""
        status = os.stat(folder)  # noqa: PTH116 - a Path a file is slow
        return (status.st_dev, status.st_ino) in self._searched

    def image_status(self, path: str) -> os.stat_result | None:
        """Return the status of a file that is named itself if it is an image; pass it over if not."""
        if is_system_name(os.path.basename(path)):  # noqa: PTH119 - as above
            self.passed_over[PassedOver.SYSTEM_FILE] += 1
            return None
        return self._status(path, lambda: os.stat(path), is_link=os.path.islink(path))  # noqa: PTH114, PTH116 - as above

    def _below(
        self, place: int, entries: Iterable["os.DirEntry[str]"], linked: deque[tuple[int, str]]
    ) -> Iterator[FoundFile]:
        # Not recursive: folders may be nested more deeply than calls.
        open_folders = [iter(entries)]
        while open_folders:
            entry = next(open_folders[-1], None)
            if entry is None:
                open_folders.pop()
                continue
            is_folder = self._is_folder(entry)
            if is_folder is None:
                continue
            if not is_folder:
                if status := self._as_image(entry):
                    yield FoundFile(place, entry.path, status)
            elif entry.is_symlink():
                linked.append((place, entry.path))
            elif self._enter(entry.path):
                open_folders.append(iter(self._listed_or_passed_over(entry.path)))

    def _is_folder(self, entry: "os.DirEntry[str]") -> bool | None:
        """Tell folders from files; None for what is passed over."""
        try:
            is_folder = entry.is_dir()
        except OSError:
            is_folder = False
        if is_system_name(entry.name):
            if is_folder or self.wanted(entry.path):
                self.passed_over[PassedOver.SYSTEM_FOLDER if is_folder else PassedOver.SYSTEM_FILE] += 1
            return None
        return is_folder

    def _as_image(self, entry: "os.DirEntry[str]") -> os.stat_result | None:
        if not self.wanted(entry.path):
            return None
        return self._status(entry.path, entry.stat, is_link=entry.is_symlink())

    def _status(self, path: str, stat_file: Callable[[], os.stat_result], *, is_link: bool) -> os.stat_result | None:
        """Return a file's status if it is an image; pass it over if not."""
        try:
            status = stat_file()
            kind = _why_not_an_image(path, status)
        except OSError:
            kind = PassedOver.BROKEN_LINK if is_link else PassedOver.UNREADABLE_FILE
        if kind is None:
            return status
        self.passed_over[kind] += 1
        return None

    def _enter(self, folder: str) -> bool:
        """Note that a folder is searched; False if it was before."""
        try:
            status = os.stat(folder)  # noqa: PTH116 - as above
        except OSError:
            # Whoever lists it is told why.
            return True
        identity = (status.st_dev, status.st_ino)
        if identity in self._searched:
            return False
        self._searched.add(identity)
        return True

    def _listed_or_passed_over(self, folder: str) -> list["os.DirEntry[str]"]:
        try:
            return _listed(folder)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return []  # deleted meanwhile
            self.passed_over[PassedOver.UNREADABLE_FOLDER] += 1
            return []


def _why_not_an_image(path: str, status: os.stat_result) -> str | None:
    """Tell why a file is no image: its suffix, or another reason to pass it over; None for an image.

    Raises:
        OSError: Its first bytes, on which it depends, cannot be read.
    """
    if not stat.S_ISREG(status.st_mode):
        # A pipe is not opened: that would wait for whoever writes into it.
        return PassedOver.SPECIAL_FILE
    suffix = suffix_of(path)
    if suffix in IMAGE_SUFFIXES:
        return None
    if needs_header(suffix):
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path a file is slow
            if image_type(file.read(HEADER_BYTES)):
                return None
    return suffix or PassedOver.NO_SUFFIX


def _listed(folder: str) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
