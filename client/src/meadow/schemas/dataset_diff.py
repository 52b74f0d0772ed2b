"""What changed between two versions."""

from pydantic import BaseModel, Field, computed_field

from meadow.schemas.dataset_manifest import DatasetEntry


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


class DatasetChanges(BaseModel):
    """How many images changed from one version to the newest."""

    dataset: str
    since: str = Field(description="Digest of the earlier version; empty for none, from which everything is added.")
    version: str = Field(description="Digest of the newest version.")
    added: int
    removed: int
    relabelled: int
