"""How much more the challenger was trained on than the champion."""

from dataclasses import dataclass
from typing import Self

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.split import Split

_KEPT = 0.95
"""Share of the champion's training images that must still be there: some are rejected or withdrawn later."""


@dataclass(frozen=True)
class TrainingGrowth:
    """Training images of two data set versions."""

    before: int
    """The champion's."""
    now: int
    """The challenger's."""
    kept: int
    """Both have, whatever their labels: corrected ones count."""

    @classmethod
    def between(cls, champion: DatasetManifest, challenger: DatasetManifest) -> Self:
        """Compare the training images of two versions."""
        before, now = ({one.sha256 for one in version.of_split(Split.TRAIN)} for version in (champion, challenger))
        return cls(len(before), len(now), len(before & now))

    @property
    def more(self) -> float:
        """Share by which there are more now; 0 where the champion's images are not all but there."""
        if not self.before or self.kept < _KEPT * self.before:
            return 0.0
        return max(0.0, self.now / self.before - 1)
