"""A data set version: an immutable list of images with their labels."""

import hashlib
from datetime import datetime

from pydantic import BaseModel, ConfigDict, computed_field

from meadow.schemas.digests import short_digest
from meadow.schemas.split import Split, split_of


class DatasetEntry(BaseModel):
    """One labelled image."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    label: str
    source: str
    """Where the image came from, for people: a path or an address."""
    look: str = ""
    """Its perceptual hash, hexadecimal; empty in versions that were published without."""
    corrected: bool = False
    """Whether a person gave it this label by correcting a prediction; other sources do not overrule that."""

    moved_to: Split | None = None
    """The split that it is in although its content speaks for the other one: see `meadow.schemas.split`."""

    @property
    def split(self) -> Split:
        """Train or hold-out."""
        return self.moved_to or split_of(self.sha256)


class DatasetManifest(BaseModel):
    """A data set version. Two versions with the same images, labels, splits and corrections have the same digest."""

    model_config = ConfigDict(frozen=True)

    name: str
    created_at: datetime
    entries: tuple[DatasetEntry, ...]
    tells_corrected: bool = False
    """Whether the digest tells corrected entries from others; versions from before it did keep the digest they have."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def digest(self) -> str:
        """Identity of the content: sha256 over the sorted images and labels, and what is marked of them."""
        lines = sorted(f"{self._mark(entry)}{entry.sha256} {entry.label}\n" for entry in self.entries)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, sorted: the order of the model's outputs."""
        return tuple(sorted({entry.label for entry in self.entries}))

    @property
    def short(self) -> str:
        """The beginning of the digest, for people."""
        return short_digest(self.digest)

    def has_content_of(self, other: "DatasetManifest") -> bool:
        """Whether both have the same images, labels, splits and corrections, whatever their digests tell of that."""
        return _content(self) == _content(other)

    def of_split(self, split: Split) -> list[DatasetEntry]:
        """Return the entries of one split, in a stable order."""
        return sorted((entry for entry in self.entries if entry.split is split), key=lambda entry: entry.sha256)

    def _mark(self, entry: DatasetEntry) -> str:
        """Mark what people corrected, and what is not in the split of its content."""
        # In front, where no label can look like it.
        corrected = "corrected " if self.tells_corrected and entry.corrected else ""
        return corrected + (f"{entry.moved_to} " if entry.moved_to else "")


def _content(manifest: DatasetManifest) -> set[tuple[str, str, bool, Split]]:
    return {(entry.sha256, entry.label, entry.corrected, entry.split) for entry in manifest.entries}
