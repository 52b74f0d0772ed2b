"""The upload list: all images of one visitor, in upload order."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from meadow_ui.classify.picture import Picture, Stage
from meadow_ui.classify.sender import Sender

CAPACITY = 500
"""What a browser page shows comfortably; the command line takes more."""

KEPT_BYTES = 128 * 1024 * 1024
"""Limit for answered images; their bytes are needed only to label one that the gateway no longer has."""


class Group(StrEnum):
    """Groups of images without a confident label. The dash keeps their names apart from labels."""

    UNSURE = "\N{EM DASH}unsure"
    UNKNOWN = "\N{EM DASH}unknown"
    FAILED = "\N{EM DASH}failed"
    PENDING = "\N{EM DASH}pending"


@dataclass
class UploadList:
    """Lives in the visitor's session, so that results survive every rerun of the page."""

    pictures: list[Picture] = field(default_factory=list)
    added: int = 0
    """Number of images ever added."""

    def add(self, files: Iterable[tuple[str, bytes]], sender: Sender, *, explained: int = 0) -> int:
        """Add images and send them.

        Args:
            files: Names and contents.
            sender: Submits them.
            explained: How many of them, from the first one, to explain.

        Returns:
            How many did not fit.
        """
        left_out = 0
        for place, (name, data) in enumerate(files):
            if len(self.pictures) >= CAPACITY:
                left_out += 1
                continue
            self.added += 1
            picture = Picture(name, data, explain=place < explained, number=self.added)
            self.pictures.append(picture)
            sender.send(picture)
        return left_out

    @property
    def pending(self) -> int:
        """Number of images still being processed."""
        return sum(not picture.finished for picture in self.pictures)

    @property
    def failed(self) -> list[Picture]:
        """Images without an answer."""
        return [picture for picture in self.pictures if picture.stage is Stage.FAILED]

    def retry(self, sender: Sender) -> None:
        """Send the failed images again."""
        for picture in self.failed:
            picture.reset()
            sender.send(picture)

    def make_room(self, limit: int = KEPT_BYTES) -> None:
        """Drop the bytes of answered images, oldest first, until the rest is within the limit."""
        answered = [picture for picture in self.pictures if picture.stage is Stage.DONE]
        held = sum(len(picture.data) for picture in answered)
        for picture in answered:
            if held <= limit:
                return
            held -= len(picture.data)
            picture.data = b""

    def clear(self) -> None:
        """Remove all images; pending ones are cancelled."""
        for picture in self.pictures:
            picture.dropped = True
        self.pictures = []

    def groups(self) -> Counter[str]:
        """Number of images per label and per `Group`."""
        return Counter(group_of(picture) for picture in self.pictures)


def group_of(picture: Picture) -> str:
    """The confident label of an image, or its `Group` if it has none."""
    if picture.stage is Stage.FAILED:
        return Group.FAILED
    if picture.prediction is None:
        return Group.PENDING
    if picture.unknown:
        return Group.UNKNOWN
    return Group.UNSURE if picture.unsure else picture.prediction.label
