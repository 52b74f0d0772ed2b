"""What is known of an image once it was read: who names it, by which label, and what it looks like."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Claim:
    """A source says that an image has a label."""

    name: str
    label: str
    origin: str
    sha256: str
    corrected: bool = False
    new_class: bool = False
    kept: bool = False
    """Whether it is an image of the version that is added to."""


@dataclass(frozen=True)
class ReadImage:
    """An image that a source named and that could be read."""

    claim: Claim
    bits: bytes
    """Its perceptual hash; see `meadow.datasets.ingest.look`."""
    area: int
    """Width times height, in pixels; 0 for images of an earlier version, which are not read again."""


@dataclass
class Picture:
    """An image by its content, and all that is claimed of it."""

    sha256: str
    bits: bytes
    area: int
    claims: list[Claim] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether it is in the version that is added to."""
        return any(claim.kept for claim in self.claims)


def by_content(images: Iterable[ReadImage]) -> list[Picture]:
    """Put together what is claimed of the same bytes."""
    pictures: dict[str, Picture] = {}
    for image in images:
        sha256 = image.claim.sha256
        picture = pictures.setdefault(sha256, Picture(sha256, image.bits, image.area))
        picture.claims.append(image.claim)
    return list(pictures.values())
