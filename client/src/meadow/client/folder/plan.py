"""The plan of a run: which files go into which pack. The same files always give the same plan."""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meadow.client.folder.errors import FolderError
from meadow.client.folder.files import NamedFile
from meadow.client.folder.shrink import READ_FACTOR, Shrinking
from meadow.packs import PACK_BYTES, PACK_IMAGES
from meadow.schemas.items import ItemResult
from meadow.schemas.limits import Limits
from meadow.schemas.problems import ProblemCode

OVERHEAD_PART = 64
"""One part in so many of a pack is left for what the tar adds to the images."""


@dataclass(frozen=True)
class Plan:
    """Files in packs."""

    files: Sequence[NamedFile]
    """Those that are sent, in the order of their packs."""
    packs: Sequence[range]
    """The places of each pack's files."""
    rejected: Sequence[ItemResult]
    """Files that the gateway would not take, with the reason."""
    fingerprint: str
    """Digest of names, sizes and packs, by which an interrupted upload is found again."""
    shrink: Shrinking | None = None
    """Which photographs are made smaller before they are sent."""
    max_image_bytes: int = sys.maxsize
    """Largest image that the gateway takes."""
    pack_room: int = sys.maxsize
    """Most bytes of images in a pack that it takes."""

    @property
    def total(self) -> int:
        """All files, the rejected ones included."""
        return len(self.files) + len(self.rejected)

    def files_of(self, number: int) -> Sequence[NamedFile]:
        """The files of a pack."""
        places = self.packs[number]
        return self.files[places.start : places.stop]

    def images_in(self, numbers: Iterable[int]) -> int:
        """How many files some packs hold."""
        return sum(len(self.packs[number]) for number in numbers)


def make_plan(files: Sequence[NamedFile], limits: Limits, *, shrink: Shrinking | None = None) -> Plan:
    """Share files out into packs that are small, and that the gateway takes.

    Args:
        files: What to classify.
        limits: The gateway's.
        shrink: Make photographs smaller before they are sent.

    Raises:
        FolderError: More files than one batch takes.
    """
    room = limits.max_pack_bytes - limits.max_pack_bytes // OVERHEAD_PART
    images, size = min(PACK_IMAGES, limits.max_pack_items), min(PACK_BYTES, limits.max_pack_bytes)
    largest = min(limits.max_image_bytes, room)
    planned = [_planned_bytes(file, shrink, largest) for file in files]
    taken = [file for file, bytes_sent in zip(files, planned, strict=True) if bytes_sent <= largest]
    sizes = [bytes_sent for bytes_sent in planned if bytes_sent <= largest]
    packs = list(_packs(sizes, images, size))
    if len(packs) > limits.max_packs:
        raise FolderError(f"{len(files):,} files are more than one batch takes. Classify the folder in parts.")
    return Plan(
        files=taken,
        packs=packs,
        rejected=[
            _too_large(file, largest) for file, bytes_sent in zip(files, planned, strict=True) if bytes_sent > largest
        ],
        fingerprint=_fingerprint(files, images, size, shrink),
        shrink=shrink,
        max_image_bytes=largest,
        pack_room=room,
    )


def _packs(sizes: Sequence[int], max_images: int, max_bytes: int) -> Iterable[range]:
    start = held = 0
    for place, size in enumerate(sizes):
        if place > start and (place - start == max_images or held + size > max_bytes):
            yield range(start, place)
            start, held = place, 0
        held += size
    if start < len(sizes):
        yield range(start, len(sizes))


def _fingerprint(files: Sequence[NamedFile], images: int, size: int, shrink: Shrinking | None) -> str:
    smaller = {"shorter_side": shrink.shorter_side, "from_bytes": shrink.from_bytes} if shrink else None
    digest = hashlib.sha256(json.dumps([images, size, smaller]).encode())
    for file in files:
        digest.update(json.dumps([file.name, file.size]).encode())
    return digest.hexdigest()


def _planned_bytes(file: NamedFile, shrink: Shrinking | None, largest: int) -> int:
    """How large a file is when it is sent; one that is too large to be read is not made smaller."""
    if shrink is None or file.size > READ_FACTOR * largest:
        return file.size
    return shrink.planned_bytes(file.name, file.size)


def _too_large(file: NamedFile, largest: int) -> ItemResult:
    detail = f"The file has {file.size:,} bytes; at most {largest:,} are accepted."
    return ItemResult.failure(file.name, ProblemCode.TOO_LARGE, detail)
