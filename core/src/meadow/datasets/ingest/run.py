"""One run of ingestion: read what the sources name, settle it, publish it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from meadow.datasets.errors import DatasetError
from meadow.datasets.ingest.claims import by_content
from meadow.datasets.ingest.look import NEAR_CORRELATION, small_grey
from meadow.datasets.ingest.reading import Progress, Reader
from meadow.datasets.ingest.report import render_report
from meadow.datasets.ingest.settle import settle
from meadow.datasets.ingest.usable import check_name, fault_of
from meadow.datasets.manifest import DatasetManifest
from meadow.datasets.rejection import Rejection
from meadow.datasets.sources.model import Source
from meadow.datasets.summary import VersionSummary, summarise
from meadow.datasets.versions import DatasetVersions
from meadow.storage.errors import ObjectMissingError
from meadow.storage.layout import image_key
from meadow.storage.s3 import ObjectStore

THREADS = 16
MAX_FAILED = 0.5
SMALL_GREYS = 4096
"""Reduced images that are kept for further comparisons: 1 KiB each."""


@dataclass(frozen=True)
class Publication:
    """What a run led to."""

    manifest: DatasetManifest
    rejected: tuple[Rejection, ...]
    summary: VersionSummary
    report: bytes
    """A page in HTML."""
    changed: bool
    """Whether there is a new version; without, the newest one had the same images and labels already."""


class IngestError(DatasetError):
    """Nothing was published; the report, a page in HTML, shows why."""

    def __init__(self, message: str, report: bytes) -> None:
        super().__init__(message)
        self.report = report


class Ingestion:
    """Makes a version of a data set out of what sources name."""

    def __init__(self, store: ObjectStore, bucket: str, versions: DatasetVersions, *, max_pixels: int) -> None:
        self._store = store
        self._bucket = bucket
        self._versions = versions
        self._max_pixels = max_pixels
        self._small = lru_cache(SMALL_GREYS)(self._read_small)

    def run(
        self,
        name: str,
        sources: Sequence[Source],
        *,
        add: bool = False,
        max_failed: float = MAX_FAILED,
        on_progress: Progress | None = None,
        threads: int = THREADS,
    ) -> Publication:
        """Publish what the sources name. They are closed afterwards.

        Args:
            name: Name of the data set; letters, digits, `-` and `_`.
            sources: In the order in which they are read.
            add: Take the images of the newest version too.
            max_failed: The share of a source's images that may be unreachable or unreadable, 0 to 1.
            on_progress: Called after each image.
            threads: Images that are read at a time.

        Raises:
            DatasetError: The sources make no usable data set; nothing was published.
            StoreError: The object store failed; the next run goes on from there.
        """
        try:
            check_name(name)
            self._store.ensure_bucket(self._bucket)
            base = self._versions.load(name) if add else None
            reader = Reader(self._store, self._bucket, self._versions, max_pixels=self._max_pixels)
            harvest = reader.read(sources, base, threads=threads, on_progress=on_progress)
        finally:
            for source in sources:
                source.close()
        settlement = settle(by_content(harvest.images), self._look_alike)
        harvest.rejected += settlement.rejected
        for counts in harvest.sources:
            counts.rejected = sum(rejection.origin == counts.title for rejection in harvest.rejected)
        manifest = DatasetManifest(name=name, created_at=datetime.now(UTC), entries=settlement.entries)
        summary = summarise(manifest, harvest.rejected, harvest.sources, base.digest if base else "")
        report = render_report(summary, manifest, harvest.rejected, self._read_image)
        fault = fault_of(harvest, manifest, max_failed)
        if fault:
            raise IngestError(f"{fault} Nothing was published.", report)
        changed = not self._is_newest(manifest)
        if changed:
            manifest = self._versions.write(manifest, summary, harvest.rejected, report)
        return Publication(manifest, tuple(harvest.rejected), summary, report, changed)

    def _look_alike(self, first: str, second: str) -> bool:
        return float(self._small(first) @ self._small(second)) >= NEAR_CORRELATION

    def _read_small(self, sha256: str) -> NDArray[np.float32]:
        return small_grey(self._store.get(self._bucket, image_key(sha256)), max_pixels=self._max_pixels)

    def _read_image(self, sha256: str) -> bytes | None:
        try:
            return self._store.get(self._bucket, image_key(sha256))
        except ObjectMissingError:
            return None

    def _is_newest(self, manifest: DatasetManifest) -> bool:
        try:
            return self._versions.newest(manifest.name) == manifest.digest
        except ObjectMissingError:
            return False
