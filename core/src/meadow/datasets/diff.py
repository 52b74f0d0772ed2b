"""What changed between two versions."""

from pydantic import BaseModel, computed_field

from meadow.datasets.manifest import DatasetEntry, DatasetManifest


class Relabelled(BaseModel):
    """An image that is in both versions, under two labels."""

    sha256: str
    source: str
    before: str
    after: str


class ClassChange(BaseModel):
    """How a class changed, in images."""

    before: int
    after: int
    added: int = 0
    removed: int = 0
    relabelled: int = 0
    """Those that came to this class from another."""


class VersionDiff(BaseModel):
    """What changed from one version to another."""

    name: str
    before: str
    after: str
    added: list[DatasetEntry]
    removed: list[DatasetEntry]
    relabelled: list[Relabelled]
    classes: dict[str, ClassChange]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unchanged(self) -> int:
        """The images that are in both under the same label."""
        return sum(change.after - change.added - change.relabelled for change in self.classes.values())


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
