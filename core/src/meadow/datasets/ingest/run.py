"""One run of ingestion: read what the sources name, check it, settle it, publish it."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from numpy.typing import NDArray

from meadow.datasets.errors import DatasetError
from meadow.datasets.folder import MINIMUM_CLASSES
from meadow.datasets.ingest.claims import Claim, Picture
from meadow.datasets.ingest.in_order import in_order
from meadow.datasets.ingest.look import EMPTY_SPREAD, NEAR_CORRELATION, look_at, small_grey
from meadow.datasets.ingest.report import render_report
from meadow.datasets.ingest.settle import settle
from meadow.datasets.manifest import DatasetEntry, DatasetManifest
from meadow.datasets.rejection import Reason, Rejection
from meadow.datasets.sources.model import CORRECTIONS_TITLE, Candidate, Source, UnfitError
from meadow.datasets.summary import SourceCounts, VersionSummary, summarise
from meadow.datasets.versions import DatasetVersions
from meadow.storage.errors import ObjectMissingError
from meadow.storage.layout import image_key
from meadow.storage.s3 import ObjectStore

THREADS = 16
SMALL_GREYS = 4096
"""Reduced images that are kept for further comparisons: 1 KiB each."""

Progress = Callable[[int, int | None], None]


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
    """Nothing was published; the report shows why."""

    def __init__(self, message: str, report: bytes) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True)
class _Read:
    claim: Claim
    bits: bytes
    area: int


class Ingestion:
    """Makes a version of a data set out of what sources name."""

    def __init__(self, store: ObjectStore, bucket: str, versions: DatasetVersions, *, max_image_pixels: int) -> None:
        self._store = store
        self._bucket = bucket
        self._versions = versions
        self._max_pixels = max_image_pixels
        self._small = lru_cache(SMALL_GREYS)(self._read_small)

    def run(
        self,
        name: str,
        sources: Sequence[Source],
        *,
        add: bool = False,
        max_failed: float = 0.5,
        on_progress: Progress | None = None,
        threads: int = THREADS,
    ) -> Publication:
        """Publish what the sources name. They are closed afterwards.

        Args:
            name: Name of the data set; letters, digits, `-` and `_`.
            sources: In the order in which they are read.
            add: Take the images of the newest version too.
            max_failed: The share of a source's images that may be unreachable or unreadable, 0 to 1.
            on_progress: Called with the number of images done and, if it is known, the number of all.
            threads: Images that are read at a time.

        Raises:
            DatasetError: The sources make no usable data set; nothing was published.
            StoreError: The object store failed; the next run goes on from there.
        """
        try:
            check_name(name)
            self._store.ensure_bucket(self._bucket)
            base = self._versions.load(name) if add else None
            reads, rejected, counts = self._read_all(sources, base, on_progress, threads)
        finally:
            for source in sources:
                source.close()
        wanted = _wanted_classes(reads, rejected)
        settlement = settle(_by_content(reads), self._looks_alike)
        rejected += settlement.rejected
        for count in counts:
            count.rejected = sum(rejection.origin == count.title for rejection in rejected)
        manifest = DatasetManifest(name=name, created_at=datetime.now(UTC), entries=settlement.entries)
        summary = summarise(manifest, rejected, counts, base.digest if base else "")
        report = render_report(summary, manifest, rejected, self._read_image)
        fault = _fault(wanted, manifest, rejected, counts, max_failed)
        if fault:
            raise IngestError(f"{fault} Nothing was published.", report)
        changed = not self._is_newest(manifest)
        if changed:
            manifest = self._versions.write(manifest, summary, rejected, report)
        return Publication(manifest, tuple(rejected), summary, report, changed)

    def _read_all(
        self, sources: Sequence[Source], base: DatasetManifest | None, on_progress: Progress | None, threads: int
    ) -> tuple[list[_Read], list[Rejection], list[SourceCounts]]:
        reads: list[_Read] = []
        rejected: list[Rejection] = []
        counts: list[SourceCounts] = []
        totals = [source.total for source in sources]
        total = sum(filter(None, totals)) if None not in totals else None
        done = 0
        pool = ThreadPoolExecutor(threads)
        try:
            if base:
                reads += in_order(pool, partial(self._keep, f"version {base.short}"), base.entries)
            for source in sources:
                count = SourceCounts(title=source.title)
                counts.append(count)
                for outcome in in_order(pool, partial(self._take, source), source.candidates()):
                    if isinstance(outcome, Rejection):
                        rejected.append(outcome)
                    else:
                        reads.append(outcome)
                    count.named += 1
                    done += 1
                    if on_progress:
                        on_progress(done, total)
        except BaseException:
            # What is being read now is broken off, what waits is not begun.
            pool.shutdown(wait=False, cancel_futures=True)
            for source in sources:
                source.close()
            raise
        finally:
            pool.shutdown()
        return reads, rejected, counts

    def _take(self, source: Source, candidate: Candidate | Rejection) -> _Read | Rejection:
        """Read an image, check it by itself, and store it."""
        if isinstance(candidate, Rejection):
            return candidate
        try:
            body = source.read(candidate)
            look = look_at(body, max_pixels=self._max_pixels)
        except UnfitError as error:
            return _refused(candidate, source.title, error.reason, error.detail)
        sha256 = hashlib.sha256(body).hexdigest()
        key = image_key(sha256)
        if not self._store.exists(self._bucket, key):
            self._store.put(self._bucket, key, body)
        if look.spread < EMPTY_SPREAD:
            detail = f"nothing is to be seen: its colours vary by {look.spread:.1f} of 255 only"
            return _refused(candidate, source.title, Reason.NEAR_EMPTY, detail, sha256)
        claim = Claim(candidate.name, candidate.label, source.title, sha256, candidate.corrected, candidate.new_class)
        return _Read(claim, look.bits, look.area)

    def _keep(self, origin: str, entry: DatasetEntry) -> _Read:
        """Take an image of the version that is added to; it is read again only if its look is not known."""
        look = bytes.fromhex(entry.look)
        if not look:
            look = look_at(self._versions.read_image(entry), max_pixels=self._max_pixels).bits
        claim = Claim(entry.source, entry.label, origin, entry.sha256, entry.corrected, kept=True)
        return _Read(claim, look, 0)

    def _looks_alike(self, first: str, second: str) -> bool:
        return float(self._small(first) @ self._small(second)) >= NEAR_CORRELATION

    def _read_small(self, sha256: str) -> NDArray[Any]:
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


def check_name(name: str) -> None:
    """Check a data set's name, which becomes part of keys.

    Raises:
        DatasetError: It is none.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise DatasetError(f"{name!r} is no data set name. Use letters, digits, '-' and '_'.")


def _refused(candidate: Candidate, origin: str, reason: Reason, detail: str, sha256: str = "") -> Rejection:
    return Rejection(
        name=candidate.name, label=candidate.label, origin=origin, reason=reason, detail=detail, sha256=sha256
    )


def _by_content(reads: Sequence[_Read]) -> Iterator[Picture]:
    pictures: dict[str, Picture] = {}
    for read in reads:
        picture = pictures.setdefault(read.claim.sha256, Picture(read.claim.sha256, read.bits, read.area))
        picture.claims.append(read.claim)
    yield from pictures.values()


def _wanted_classes(reads: Sequence[_Read], rejected: Sequence[Rejection]) -> set[str]:
    """Name the classes that must not get lost on the way; one that only corrections name may."""
    labels = {read.claim.label for read in reads if not read.claim.corrected}
    named = (rejection for rejection in rejected if rejection.origin != CORRECTIONS_TITLE)
    return labels | {rejection.label for rejection in named if rejection.reason is not Reason.LABEL_MISSING}


def _fault(
    wanted: set[str],
    manifest: DatasetManifest,
    rejected: Sequence[Rejection],
    counts: Sequence[SourceCounts],
    max_failed: float,
) -> str:
    """Say in a sentence why this is no version to publish; empty if it is one."""
    for source in counts:
        failed = [entry for entry in rejected if entry.origin == source.title and entry.reason.is_failure]
        if len(failed) > max_failed * source.named:
            detail, count = Counter(entry.detail for entry in failed).most_common(1)[0]
            return (
                f"{len(failed)} of {source.named} images of {source.title} could not be read, "
                f"more than the {max_failed:.0%} that may. {count} of them: {detail}"
            )
    missing = sorted(wanted - set(manifest.classes))
    if missing:
        return f"No usable image is left in class {', '.join(missing)}."
    if len(manifest.classes) < MINIMUM_CLASSES:
        found = ", ".join(manifest.classes) or "none"
        return f"There are too few classes ({found}); a classifier needs at least {MINIMUM_CLASSES}."
    return ""
