"""What is known of an image once it was read: who names it, by which label, and what it looks like."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from meadow.schemas.split import Split


@dataclass(frozen=True)
class LabelAssertion:
    """A source says that an image has a label."""

    name: str
    label: str
    origin: str
    sha256: str
    corrected: bool = False
    new_class: bool = False
    kept: bool = False
    """Whether it is an image of the version that is added to."""
    split: Split | None = None
    """The split that the data set as it came has it in."""


@dataclass(frozen=True)
class ReadImage:
    """An image that a source named and that could be read."""

    assertion: LabelAssertion
    bits: bytes
    """Its perceptual hash; see `meadow_core.datasets.ingest.look`."""
    area: int
    """Width times height, in pixels; 0 for images of an earlier version, which are not read again."""


@dataclass
class ImageGroup:
    """An image by its content, and all that is asserted of it."""

    sha256: str
    bits: bytes
    area: int
    assertions: list[LabelAssertion] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether it is in the version that is added to."""
        return any(assertion.kept for assertion in self.assertions)


def by_content(images: Iterable[ReadImage]) -> list[ImageGroup]:
    """Put together what is asserted of the same bytes."""
    groups: dict[str, ImageGroup] = {}
    for image in images:
        sha256 = image.assertion.sha256
        group = groups.setdefault(sha256, ImageGroup(sha256, image.bits, image.area))
        group.assertions.append(image.assertion)
    return list(groups.values())
