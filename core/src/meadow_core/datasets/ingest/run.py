"""One run of ingestion: read what the sources name, deduplicate it, publish it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.ingestion import NearDuplicates
from meadow_core.datasets.errors import DatasetError, OvertakenError
from meadow_core.datasets.ingest.assertions import ReadImage, by_content
from meadow_core.datasets.ingest.deduplicate import deduplicate
from meadow_core.datasets.ingest.reading import IngestCandidates, Progress, Reader
from meadow_core.datasets.ingest.report import render_report
from meadow_core.datasets.ingest.similarity import Similarity
from meadow_core.datasets.ingest.usable import class_notes, fault_of
from meadow_core.datasets.plain_names import check_name
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.model import Source
from meadow_core.datasets.summarise import summarise
from meadow_core.datasets.versions import DatasetVersions
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import image_key
from meadow_core.storage.s3 import ObjectStore

THREADS = 16
MAX_FAILED = 0.5


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
    before: DatasetManifest | None = None
    """The version that was the newest until then; None for none, or one that cannot be read."""
    overtook: str = ""
    """The digest of a version that came while the sources were read, if this one replaced it."""


@dataclass(frozen=True)
class IngestRules:
    """Which images a version is made of."""

    max_failed: float = MAX_FAILED
    """The share of a source's images that may be unreachable or unreadable, 0 to 1."""
    near_duplicates: NearDuplicates = NearDuplicates.AUTO


class IngestError(DatasetError):
    """Nothing was published; the report, a page in HTML, shows why."""

    def __init__(self, message: str, report: bytes, rejected: Sequence[Rejection]) -> None:
        super().__init__(message)
        self.report = report
        self.rejected = tuple(rejected)


class Ingestion:
    """Makes a version of a data set out of what sources name."""

    def __init__(self, store: ObjectStore, bucket: str, versions: DatasetVersions, *, max_pixels: int) -> None:
        self._store = store
        self._bucket = bucket
        self._versions = versions
        self._max_pixels = max_pixels
        self._correlate = Similarity(lambda sha256: store.get(bucket, image_key(sha256)))

    def run(
        self,
        name: str,
        sources: Sequence[Source],
        *,
        add: bool = False,
        may_be_first: bool = False,
        rules: IngestRules = IngestRules(),
        on_progress: Progress | None = None,
        threads: int = THREADS,
    ) -> Publication:
        """Publish what the sources name. They are closed afterwards.

        Args:
            name: Name of the data set; letters, digits, `-` and `_`.
            sources: In the order in which they are read.
            add: Take the images of the newest version too: of the one that is the newest when all sources are read.
            may_be_first: With `add`: whether there need be no version yet.
            rules: Which images are taken.
            on_progress: Called after each image.
            threads: Images that are read at a time.

        Raises:
            DatasetError: The sources make no usable data set; nothing was published.
            StoreError: The object store failed; the next run goes on from there.
        """
        try:
            reader = Reader(self._store, self._bucket, self._versions, max_pixels=self._max_pixels, threads=threads)
            check_name(name)
            self._store.ensure_bucket(self._bucket)
            at_first = self._versions.newest_or_none(name)
            base = self._base(name, may_be_first=may_be_first) if add else None
            candidates = reader.read(sources, on_progress=on_progress)
        finally:
            for source in sources:
                source.close()
        if not add:
            return self._replace(name, candidates, at_first, rules)
        while True:
            kept = reader.keep(base) if base else []
            try:
                return self._add(name, base, _with_kept(candidates, kept), rules)
            except OvertakenError:
                # The sources took minutes, in which others may publish; what they added is not to be lost.
                base = self._base(name, may_be_first=may_be_first)

    def _replace(
        self, name: str, candidates: IngestCandidates, at_first: str | None, rules: IngestRules
    ) -> Publication:
        """Publish the candidates by itself, whatever the newest version is."""
        try:
            before = self._versions.load(name)
        except DatasetError:
            before = None
        draft = self._draft(name, candidates, before, rules, added_to="")
        newest = self._versions.newest_or_none(name)
        overtook = newest if draft.changed and newest not in {at_first, draft.manifest.digest} else None
        return self._published(replace(draft, overtook=overtook or ""), added=False)

    def _add(
        self, name: str, base: DatasetManifest | None, candidates: IngestCandidates, rules: IngestRules
    ) -> Publication:
        """Publish the candidates, which has the images of the base in it.

        Raises:
            OvertakenError: The base is not the newest version any more; nothing was published.
        """
        draft = self._draft(name, candidates, base, rules, added_to=base.digest if base else "")
        self._versions.check_newest(name, base.digest if base else None)
        return self._published(draft, added=True)

    def _draft(
        self,
        name: str,
        candidates: IngestCandidates,
        before: DatasetManifest | None,
        rules: IngestRules,
        *,
        added_to: str,
    ) -> Publication:
        """Decide which images make the version, and say what it would be.

        Raises:
            IngestError: It is none that is worth publishing.
        """
        deduplicated = deduplicate(by_content(candidates.images), self._correlate, rules.near_duplicates)
        rejected = (*candidates.rejected, *deduplicated.rejected)
        left_out = Counter(rejection.origin for rejection in rejected)
        sources = [counts.model_copy(update={"rejected": left_out[counts.title]}) for counts in candidates.sources]
        manifest = DatasetManifest(
            name=name, created_at=datetime.now(UTC), entries=deduplicated.split_entries(before), tells_corrected=True
        )
        changed = before is None or not manifest.has_content_of(before)
        if before and not changed:
            manifest = before
        notes = [*candidates.notes, *deduplicated.notes, *class_notes(manifest)]
        summary = summarise(manifest, rejected, sources, added_to, notes)
        report = render_report(summary, manifest, rejected, self._read_image)
        fault = fault_of(replace(candidates, rejected=list(rejected)), manifest, rules.max_failed)
        if fault:
            raise IngestError(f"{fault} Nothing was published.", report, rejected)
        return Publication(manifest, rejected, summary, report, changed, before)

    def _published(self, draft: Publication, *, added: bool) -> Publication:
        if not draft.changed:
            return draft
        manifest = self._versions.write(draft.manifest, draft.summary, draft.rejected, draft.report, added=added)
        return replace(draft, manifest=manifest)

    def _base(self, name: str, *, may_be_first: bool) -> DatasetManifest | None:
        """Load the version that is added to.

        Raises:
            DatasetError: There is none although there must be, or it is damaged.
        """
        if may_be_first and self._versions.newest_or_none(name) is None:
            return None
        return self._versions.load(name)

    def _read_image(self, sha256: str) -> bytes | None:
        try:
            return self._store.get(self._bucket, image_key(sha256))
        except ObjectMissingError:
            return None


def _with_kept(candidates: IngestCandidates, kept: list[ReadImage]) -> IngestCandidates:
    return replace(candidates, images=[*kept, *candidates.images])
