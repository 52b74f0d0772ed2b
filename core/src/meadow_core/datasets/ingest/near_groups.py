"""Grouping images that look nearly the same around one that represents them.

Each is compared with representatives only, never along a chain: the frames of a slow pan, each like the next, would
otherwise all be copies of the first.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from meadow_core.datasets.ingest.assertions import ImageGroup
from meadow_core.datasets.ingest.look import NEAR_BITS, NEAR_CORRELATION
from meadow_core.datasets.ingest.near_index import NearIndex

Correlate = Callable[[str, str], float]
"""Compares two images, by their sha256, more closely than their hashes do; 1 for copies."""


@dataclass(frozen=True)
class NearDuplicate:
    """An image, and how like its representative it is."""

    image: ImageGroup
    bits: int
    """Of 128 in which their hashes differ."""
    correlation: float

    @property
    def likeness(self) -> str:
        """Say how like they are."""
        return f"{self.bits} of 128 bits of their hashes differ, their grey levels correlate by {self.correlation:.2f}"


@dataclass
class NearGroup:
    """Images that look nearly the same."""

    representative: ImageGroup
    others: list[NearDuplicate] = field(default_factory=list)

    @property
    def images(self) -> list[ImageGroup]:
        """All of them, the representative first."""
        return [self.representative, *(other.image for other in self.others)]


def each_alone(images: Iterable[ImageGroup]) -> list[NearGroup]:
    """Put each image into a group of its own."""
    return [NearGroup(image) for image in images]


def group_near(images: Iterable[ImageGroup], correlate: Correlate) -> list[NearGroup]:
    """Group images around representatives: what is in the version already, else the largest of a group.

    So the order of the sources decides nothing, and what is in the version stays there.

    Args:
        images: By content: no two of them are the same bytes.
        correlate: Asked about images whose hashes are near.
    """
    index = NearIndex(NEAR_BITS)
    groups: list[NearGroup] = []
    for image in sorted(images, key=lambda image: (not image.is_kept, -image.area, image.sha256)):
        near = [] if image.is_kept else index.near(image.bits)
        for bits, place in near:
            correlation = correlate(groups[place].representative.sha256, image.sha256)
            if correlation >= NEAR_CORRELATION:
                groups[place].others.append(NearDuplicate(image, bits, correlation))
                break
        else:
            index.add(image.bits)
            groups.append(NearGroup(image))
    return groups
