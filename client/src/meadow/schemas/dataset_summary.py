"""A version's figures: small enough to list many versions, however many images each has."""

from collections import Counter
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from meadow.schemas.digests import short_digest
from meadow.schemas.rejection import Reason


class ClassCounts(BaseModel):
    """How many images a class has."""

    train: int = 0
    holdout: int = 0
    corrected: int = 0
    """Those of both whose label a person corrected."""

    @property
    def images(self) -> int:
        """All of them."""
        return self.train + self.holdout


class SourceCounts(BaseModel):
    """What came of a source."""

    title: str
    named: int = 0
    """The images that it named."""
    rejected: int = 0
    """Those of them that did not get into the version."""
    passed_over: dict[str, int] = {}
    """What its search for images passed over: by suffix, or by another reason."""


class VersionSummary(BaseModel):
    """A version's figures."""

    model_config = ConfigDict(frozen=True)

    name: str
    digest: str
    created_at: datetime
    classes: dict[str, ClassCounts]
    sources: list[SourceCounts] = []
    rejections: dict[Reason, int] = {}
    notes: list[str] = []
    """What whoever published it should know: sentences for people."""
    added_to: str = ""
    """The digest of the version that images were added to; empty for one that was made from its sources alone."""

    @property
    def images(self) -> int:
        """The images of all classes."""
        return sum(counts.images for counts in self.classes.values())

    @property
    def passed_over(self) -> dict[str, int]:
        """What the searches of all sources passed over."""
        return dict(sum((Counter(source.passed_over) for source in self.sources), Counter[str]()))

    @property
    def short(self) -> str:
        """The beginning of the digest, for people."""
        return short_digest(self.digest)
