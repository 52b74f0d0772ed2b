"""Reading all that the sources name: each image is checked by itself and stored."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from meadow.datasets.ingest.claims import Claim, ReadImage
from meadow.datasets.ingest.in_order import in_order
from meadow.datasets.ingest.look import EMPTY_SPREAD, look_at
from meadow.datasets.manifest import DatasetEntry, DatasetManifest
from meadow.datasets.rejection import Reason, Rejection
from meadow.datasets.sources.model import Candidate, Source, UnfitError
from meadow.datasets.summary import SourceCounts
from meadow.datasets.versions import DatasetVersions
from meadow.storage.layout import image_key
from meadow.storage.s3 import ObjectStore

Progress = Callable[[int, int | None], None]
"""The number of images done and, if it is known, the number of all."""


@dataclass
class Harvest:
    """What the sources gave."""

    images: list[ReadImage] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    sources: list[SourceCounts] = field(default_factory=list)


class Reader:
    """Reads images, several at a time, and keeps a few kilobytes of each in memory at most."""

    def __init__(self, store: ObjectStore, bucket: str, versions: DatasetVersions, *, max_pixels: int) -> None:
        self._store = store
        self._bucket = bucket
        self._versions = versions
        self._max_pixels = max_pixels

    def read(
        self, sources: Sequence[Source], base: DatasetManifest | None, *, threads: int, on_progress: Progress | None
    ) -> Harvest:
        """Read what the sources name, after the images of the version that is added to, in a fixed order.

        Raises:
            DatasetError: A source as a whole cannot be read.
            StoreError: The object store failed.
        """
        totals = [source.total for source in sources]
        total = sum(filter(None, totals)) if None not in totals else None
        harvest = Harvest()
        done = 0
        pool = ThreadPoolExecutor(threads)
        try:
            if base:
                harvest.images += in_order(pool, partial(self._keep, f"version {base.short}"), base.entries)
            for source, origin in zip(sources, _origins(sources), strict=True):
                counts = SourceCounts(title=origin)
                harvest.sources.append(counts)
                for outcome in in_order(pool, partial(self._take, source, origin), source.candidates()):
                    if isinstance(outcome, Rejection):
                        harvest.rejected.append(outcome)
                    else:
                        harvest.images.append(outcome)
                    counts.named += 1
                    done += 1
                    if on_progress:
                        on_progress(done, total)
        except BaseException:
            # What waits is not begun, what is under way is broken off.
            pool.shutdown(wait=False, cancel_futures=True)
            for source in sources:
                source.close()
            raise
        finally:
            pool.shutdown()
        return harvest

    def _take(self, source: Source, origin: str, candidate: Candidate | Rejection) -> ReadImage | Rejection:
        """Read an image, check it by itself, and store it."""
        if isinstance(candidate, Rejection):
            return candidate.model_copy(update={"origin": origin})
        try:
            body = source.read(candidate)
            look = look_at(body, max_pixels=self._max_pixels)
        except UnfitError as error:
            return _refused(candidate, origin, error.reason, error.detail)
        sha256 = hashlib.sha256(body).hexdigest()
        key = image_key(sha256)
        if not self._store.exists(self._bucket, key):
            self._store.put(self._bucket, key, body)
        if look.spread < EMPTY_SPREAD:
            detail = f"nothing is to be seen: its colours vary by {look.spread:.1f} of 255 only"
            return _refused(candidate, origin, Reason.NEAR_EMPTY, detail, sha256)
        claim = Claim(
            name=candidate.name,
            label=candidate.label,
            origin=origin,
            sha256=sha256,
            corrected=candidate.corrected,
            new_class=candidate.new_class,
        )
        return ReadImage(claim, look.bits, look.area)

    def _keep(self, origin: str, entry: DatasetEntry) -> ReadImage:
        """Take an image of the version that is added to; it is read again only if its look is not known."""
        bits = bytes.fromhex(entry.look)
        if not bits:
            bits = look_at(self._versions.read_image(entry), max_pixels=self._max_pixels).bits
        claim = Claim(entry.source, entry.label, origin, entry.sha256, entry.corrected, kept=True)
        return ReadImage(claim, bits, 0)


def _origins(sources: Sequence[Source]) -> list[str]:
    """Tell sources of the same title apart by a number."""
    titles: Counter[str] = Counter()
    origins = []
    for source in sources:
        titles[source.title] += 1
        number = titles[source.title]
        origins.append(source.title if number == 1 else f"{source.title} ({number})")
    return origins


def _refused(candidate: Candidate, origin: str, reason: Reason, detail: str, sha256: str = "") -> Rejection:
    return Rejection(
        name=candidate.name, label=candidate.label, origin=origin, reason=reason, detail=detail, sha256=sha256
    )
