"""What every source does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from meadow.errors import MeadowError
from meadow.image_files.passed_over import PassedOverCounts
from meadow.schemas.rejection import Reason
from meadow.schemas.split import Split
from meadow_core.datasets.rejection import Rejection

CORRECTIONS_TITLE = "corrections"
"""What the source of corrected labels is called; see `meadow_core.datasets.sources.corrections`."""


@dataclass(frozen=True)
class Candidate:
    """An image that a source names."""

    name: str
    """Its path or address, for people."""
    label: str
    place: str
    """Where its source finds it."""
    corrected: bool = False
    """Whether a person gave the label by correcting a prediction; it then overrules other labels."""
    new_class: bool = False
    """Whether that person said that the class is a new one."""
    split: Split | None = None
    """The split that the data set as it came has it in."""


class UnfitError(MeadowError):
    """An image cannot be taken; the message is a sentence for people."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Source(Protocol):
    """Names images, and reads them."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def total(self) -> int | None:
        """How many candidates and rejections it will name, if that is known beforehand."""

    @property
    def waits(self) -> bool:
        """Whether reading is for the most part waiting for servers that others run, each of which may be slow."""

    @property
    def passed_over(self) -> PassedOverCounts:
        """What its search for images passed over; known once the images are named."""

    @property
    def notes(self) -> Sequence[str]:
        """How it was understood, where that is not plain: sentences for people; known like `passed_over`."""

    def candidates(self) -> Iterator[Candidate | Rejection]:
        """Name the images, in a fixed order, and what cannot be one.

        Raises:
            DatasetError: The source as a whole cannot be read.
        """

    def read(self, candidate: Candidate) -> bytes:
        """Read an image. Called by many threads at a time.

        Raises:
            UnfitError: It cannot be had.
        """

    def close(self) -> None:
        """End what runs in the background; a reading that is under way may fail."""
