"""Counting what is in a version, and what is not."""

from collections import Counter
from collections.abc import Iterable

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.dataset_summary import ClassCounts, SourceCounts, VersionSummary
from meadow.schemas.rejection import Reason
from meadow.schemas.split import Split
from meadow_core.datasets.rejection import Rejection


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
