"""All pictures of one visitor, in the order in which they were dropped."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from meadow_ui.pictures.picture import Picture, Stage
from meadow_ui.pictures.sender import Sender

CAPACITY = 500
"""What a browser page shows comfortably; more belongs to the command line."""


KEPT_BYTES = 128 * 1024 * 1024
"""Of answered pictures; they are needed only where a person says what one shows after the gateway has let it go."""


class Group(StrEnum):
    """Groups of pictures beside the labels themselves. No label can be named so."""

    UNSURE = "\N{EM DASH}unsure"
    UNKNOWN = "\N{EM DASH}unknown"
    FAILED = "\N{EM DASH}failed"
    PENDING = "\N{EM DASH}pending"


@dataclass
class Tray:
    """Lives in the visitor's session, so that answers survive every rerun of a page."""

    pictures: list[Picture] = field(default_factory=list)
    taken: int = 0
    """How many pictures there ever were."""

    def add(self, files: Iterable[tuple[str, bytes]], sender: Sender, *, explained: int = 0) -> int:
        """Take pictures in and send them, the first few to be explained; returns how many found no place."""
        left_out = 0
        for place, (name, data) in enumerate(files):
            if len(self.pictures) >= CAPACITY:
                left_out += 1
                continue
            self.taken += 1
            picture = Picture(name, data, explain=place < explained, number=self.taken)
            self.pictures.append(picture)
            sender.send(picture)
        return left_out

    @property
    def pending(self) -> int:
        """How many are not answered yet."""
        return sum(not picture.finished for picture in self.pictures)

    @property
    def failed(self) -> list[Picture]:
        """Those that came to no answer."""
        return [picture for picture in self.pictures if picture.stage is Stage.FAILED]

    def retry(self, sender: Sender) -> None:
        """Send those again that came to no answer."""
        for picture in self.failed:
            picture.reset()
            sender.send(picture)

    def make_room(self, limit: int = KEPT_BYTES) -> None:
        """Let go of the bytes of the pictures that were answered first, until the others' fit."""
        answered = [picture for picture in self.pictures if picture.stage is Stage.DONE]
        held = sum(len(picture.data) for picture in answered)
        for picture in answered:
            if held <= limit:
                return
            held -= len(picture.data)
            picture.data = b""

    def clear(self) -> None:
        """Let go of everything; what still waits is cancelled."""
        for picture in self.pictures:
            picture.dropped = True
        self.pictures = []

    def groups(self) -> Counter[str]:
        """How many pictures each label and each `Group` holds."""
        return Counter(group_of(picture) for picture in self.pictures)


def group_of(picture: Picture) -> str:
    """The label that the model stands by, or the `Group` of those that have none."""
    if picture.stage is Stage.FAILED:
        return Group.FAILED
    if picture.prediction is None:
        return Group.PENDING
    if picture.unknown:
        return Group.UNKNOWN
    return Group.UNSURE if picture.unsure else picture.prediction.label
