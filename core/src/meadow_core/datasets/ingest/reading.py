"""Reading all that the sources name: each image is checked by itself and stored."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from threading import BoundedSemaphore

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.dataset_summary import SourceCounts
from meadow_core.datasets.ingest.assertions import LabelAssertion, ReadImage
from meadow_core.datasets.ingest.check import check, refused
from meadow_core.datasets.ingest.in_order import in_order
from meadow_core.datasets.ingest.look import STORED_PIXELS, look_at
from meadow_core.datasets.labels import normal_label
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.model import Candidate, Source, UnfitError
from meadow_core.datasets.versions import DatasetVersions
from meadow_core.storage.layout import image_key
from meadow_core.storage.s3 import ObjectStore

Progress = Callable[[int, int | None], None]
"""The number of images done and, if it is known, the number of all."""


WAITING = 4
"""Threads for each image that is worked on at a time, where others' servers are waited for.

Those that wait for a busy server would otherwise keep the images of others from being asked for. Each may come to have
a whole image in its hands, so there are not many more.
"""


@dataclass
class IngestCandidates:
    """What the sources gave."""

    images: list[ReadImage] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    sources: list[SourceCounts] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """How the sources were understood, where that is not plain."""


class Reader:
    """Reads images, several at a time, and keeps a few kilobytes of each in memory at most."""

    def __init__(
        self, store: ObjectStore, bucket: str, versions: DatasetVersions, *, max_pixels: int, threads: int
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._versions = versions
        self._max_pixels = max_pixels
        self._threads = threads
        self._slots = BoundedSemaphore(threads)

    def keep(self, base: DatasetManifest) -> list[ReadImage]:
        """Take the images of the version that is added to.

        Raises:
            DatasetError: One of them is damaged.
            StoreError: The object store failed.
        """
        with ThreadPoolExecutor(self._threads) as pool:
            return list(in_order(pool, partial(self._keep, f"version {base.short}"), base.entries))

    def read(self, sources: Sequence[Source], *, on_progress: Progress | None) -> IngestCandidates:
        """Read what the sources name, in a fixed order.

        Raises:
            DatasetError: A source as a whole cannot be read.
            StoreError: The object store failed.
        """
        totals = [source.total for source in sources]
        total = sum(filter(None, totals)) if None not in totals else None
        candidates = IngestCandidates()
        done = count(1)
        for source, origin in zip(sources, _origins(sources), strict=True):
            candidates.sources.append(SourceCounts(title=origin))
            self._read(source, origin, candidates, lambda: on_progress(next(done), total) if on_progress else None)
        return candidates

    def _read(self, source: Source, origin: str, candidates: IngestCandidates, on_image: Callable[[], None]) -> None:
        pool = ThreadPoolExecutor(self._threads * (WAITING if source.waits else 1))
        try:
            for outcome in in_order(pool, partial(self._take, source, origin), source.candidates()):
                if isinstance(outcome, Rejection):
                    candidates.rejected.append(outcome)
                else:
                    candidates.images.append(outcome)
                candidates.sources[-1].named += 1
                on_image()
            candidates.sources[-1].passed_over = dict(source.passed_over)
            candidates.notes.extend(source.notes)
        except BaseException:
            # What waits is not begun, what is under way is broken off.
            pool.shutdown(wait=False, cancel_futures=True)
            source.close()
            raise
        finally:
            pool.shutdown()

    def _take(self, source: Source, origin: str, candidate: Candidate | Rejection) -> ReadImage | Rejection:
        """Read an image, check it by itself, and store it."""
        if isinstance(candidate, Rejection):
            return candidate.model_copy(update={"origin": origin})
        try:
            body = source.read(candidate)
        except UnfitError as error:
            return refused(candidate, origin, error.reason, error.detail)
        with self._slots:
            outcome = check(candidate, origin, body, max_pixels=self._max_pixels)
            self._store_once(outcome.sha256 if isinstance(outcome, Rejection) else outcome.assertion.sha256, body)
        return outcome

    def _store_once(self, sha256: str, body: bytes) -> None:
        key = image_key(sha256)
        if sha256 and not self._store.exists(self._bucket, key):
            self._store.put(self._bucket, key, body)

    def _keep(self, origin: str, entry: DatasetEntry) -> ReadImage:
        """Take an image of the version that is added to; it is read again only if its look is not known."""
        bits = bytes.fromhex(entry.look)
        if not bits:
            bits = look_at(self._versions.read_image(entry), max_pixels=STORED_PIXELS).bits
        label = normal_label(entry.label)
        assertion = LabelAssertion(entry.source, label, origin, entry.sha256, entry.corrected, kept=True)
        return ReadImage(assertion, bits, 0)


def _origins(sources: Sequence[Source]) -> list[str]:
    """Tell sources of the same title apart by a number."""
    titles: Counter[str] = Counter()
    origins = []
    for source in sources:
        titles[source.title] += 1
        number = titles[source.title]
        origins.append(source.title if number == 1 else f"{source.title} ({number})")
    return origins
