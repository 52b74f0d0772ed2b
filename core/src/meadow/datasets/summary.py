"""A version's figures: small enough to list many versions, however many images each has."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from meadow.datasets.manifest import SHORT_DIGEST, DatasetManifest
from meadow.datasets.rejection import Reason, Rejection
from meadow.datasets.split import Split


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
        return self.digest[:SHORT_DIGEST]


def summarise(
    manifest: DatasetManifest,
    rejected: Iterable[Rejection] = (),
    sources: Iterable[SourceCounts] = (),
    added_to: str = "",
    notes: Iterable[str] = (),
) -> VersionSummary:
    """Count what is in a version, and what is not."""
    classes = {label: ClassCounts() for label in manifest.classes}
    for entry in manifest.entries:
        counts = classes[entry.label]
        counts.corrected += entry.corrected
        if entry.split is Split.TRAIN:
            counts.train += 1
        else:
            counts.holdout += 1
    reasons = Counter(rejection.reason for rejection in rejected)
    return VersionSummary(
        name=manifest.name,
        digest=manifest.digest,
        created_at=manifest.created_at,
        classes=classes,
        sources=list(sources),
        rejections={reason: reasons[reason] for reason in Reason if reasons[reason]},
        added_to=added_to,
        notes=list(notes),
    )
