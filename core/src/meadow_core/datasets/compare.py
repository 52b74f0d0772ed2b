"""Comparing two versions of a data set."""

from meadow.schemas.dataset_diff import ClassChange, Relabelled, VersionDiff
from meadow.schemas.dataset_manifest import DatasetManifest


def compare(before: DatasetManifest, after: DatasetManifest) -> VersionDiff:
    """Compare two versions, image by image, by their content."""
    old = {entry.sha256: entry for entry in before.entries}
    new = {entry.sha256: entry for entry in after.entries}
    classes = {
        label: ClassChange(
            before=sum(entry.label == label for entry in before.entries),
            after=sum(entry.label == label for entry in after.entries),
        )
        for label in sorted({*before.classes, *after.classes})
    }
    added = [entry for sha256, entry in new.items() if sha256 not in old]
    removed = [entry for sha256, entry in old.items() if sha256 not in new]
    relabelled = [
        Relabelled(sha256=sha256, source=entry.source, before=old[sha256].label, after=entry.label)
        for sha256, entry in new.items()
        if sha256 in old and old[sha256].label != entry.label
    ]
    for entry in added:
        classes[entry.label].added += 1
    for entry in removed:
        classes[entry.label].removed += 1
    for change in relabelled:
        classes[change.after].relabelled += 1
    return VersionDiff(
        name=after.name,
        before=before.digest,
        after=after.digest,
        added=added,
        removed=removed,
        relabelled=relabelled,
        classes=classes,
    )
