"""The images of data set versions, read by the page."""

import re
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from meadow.schemas.dataset_images import DatasetImage, DatasetImagePage
from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.digests import short_digest
from meadow.schemas.split import Split
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.versions import DatasetVersions

KEPT_VERSIONS = 2
KEPT_IMAGES = 100_000
"""Larger versions are read anew for each page. An image takes about 400 bytes of memory."""
_DIGEST = re.compile("[0-9a-f]{64}")


class _Row(NamedTuple):
    """An image, in a third of the memory that the manifest's entry takes."""

    sha256: str
    label: str
    source: str
    split: Split
    corrected: bool


@dataclass(frozen=True)
class VersionImages:
    """The images of one version."""

    name: str
    version: str
    rows: dict[str, _Row]
    """By digest, in the order of the digests."""

    @classmethod
    def of(cls, manifest: DatasetManifest) -> "VersionImages":
        """Take what is listed of a manifest."""
        rows = {
            # A label is one object, however many images have it.
            entry.sha256: _Row(entry.sha256, sys.intern(entry.label), entry.source, entry.split, entry.corrected)
            for entry in sorted(manifest.entries, key=lambda entry: entry.sha256)
        }
        return cls(manifest.name, manifest.digest, rows)

    def page(self, *, size: int, start: int = 0, label: str = "", split: Split | None = None) -> DatasetImagePage:
        """Return `size` images from the one at place `start` on, of those with the label and of the split if any."""
        wanted = [row for row in self.rows.values() if label in ("", row.label) and split in (None, row.split)]
        more = start + size < len(wanted)
        return DatasetImagePage(
            name=self.name,
            version=self.version,
            total=len(wanted),
            images=[DatasetImage(**row._asdict()) for row in wanted[start : start + size]],
            next_page_token=str(start + size) if more else "",
        )


class DatasetImages:
    """The images of all data sets; safe to share between threads. Keeps the versions that were read last."""

    def __init__(self, versions: DatasetVersions) -> None:
        self._versions = versions
        self._kept: OrderedDict[tuple[str, str], VersionImages] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, name: str, beginning: str = "") -> VersionImages:
        """Return the images of the version whose digest begins so; of the current one for an empty beginning.

        Raises:
            DatasetError: There is no such version, or several, or what is stored is damaged.
        """
        whole = _DIGEST.fullmatch(beginning) is not None
        digest = beginning if whole else self._versions.resolve(name, beginning)
        with self._lock:
            if kept := self._kept.get((name, digest)):
                self._kept.move_to_end((name, digest))
                return kept
        images = VersionImages.of(self._versions.load(name, digest))
        if len(images.rows) <= KEPT_IMAGES:
            with self._lock:
                self._kept[name, digest] = images
                while len(self._kept) > KEPT_VERSIONS:
                    self._kept.popitem(last=False)
        return images

    def read(self, images: VersionImages, sha256: str) -> bytes:
        """Read the bytes of an image of a version.

        Raises:
            DatasetError: It is not in the version, or what is stored is damaged.
            ObjectMissingError: It is gone from the store.
        """
        if sha256 not in images.rows:
            raise DatasetError(
                f"Version {short_digest(images.version)} of data set {images.name!r} has no image {sha256}."
            )
        return self._versions.read_bytes(sha256)
