"""The images of an uploaded zip, unpacked in memory. Their names are labels only: nothing is written under them."""

from collections.abc import Iterator
from dataclasses import dataclass

from meadow.image_files.file_kind import FileKind, PassedOverFiles, file_kind
from meadow.image_files.types import image_type
from meadow.schemas.jobs import JobError
from meadow.schemas.problems import ProblemCode
from meadow.schemas.sources import ZipSource
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.errors import ObjectChangedError, ObjectMissingError
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStat, ObjectStore
from meadow_worker.expansion.errors import EntryRefusedError, SourceError
from meadow_worker.expansion.packing import ReadImage
from meadow_worker.expansion.range_reader import RangeReader
from meadow_worker.expansion.source_pack import Pause
from meadow_worker.expansion.zip_directory import ZipEntry, read_directory, shown
from meadow_worker.expansion.zip_entry import check_entry, is_archive, plain_path, read_entry, read_start

ENTRIES_PER_PAUSE = 1000


@dataclass(frozen=True)
class Candidate:
    """An entry that gives an item, or may do so."""

    entry: ZipEntry
    error: JobError | None
    """Why it is not read."""
    is_untold: bool
    """Only its first bytes tell whether it is an image."""


def zip_images(
    store: ObjectStore, source: ZipSource, cursor: str, settings: WorkerSettings
) -> Iterator[ReadImage | Pause]:
    """Yield the images behind the cursor, which counts candidates and tells the zip from another under the same key.

    The limits of the whole zip are checked first, so a zip above them gives nothing.

    Raises:
        SourceError: It is no zip, above the limits, gone or replaced.
        StoreError: The store does not answer.
    """
    done, _, etag = cursor.partition(" ")
    try:
        stat = _stat(store, upload_key(source.upload_id), etag, settings)
        reader = RangeReader(store, settings.jobs_bucket, upload_key(source.upload_id), stat)
        passed_over = PassedOverFiles()
        candidates = _judge(read_directory(reader, max_entries=settings.max_zip_entries), settings, passed_over)
        if done:
            passed_over.take()  # what the directory tells is counted by whoever began
        skipped = 0
        for number, candidate in enumerate(candidates[int(done or 0) :], start=int(done or 0) + 1):
            entry, place = candidate.entry, f"{number} {stat.etag}"
            if candidate.is_untold and image_type(read_start(reader, entry)) is None:
                passed_over.add(plain_path(entry), FileKind.UNTOLD)
                skipped += 1
                if skipped % ENTRIES_PER_PAUSE == 0:
                    yield Pause(place, passed_over.take())
                continue
            yield ReadImage(
                shown(entry.name), candidate.error or _read(reader, entry), place, passed_over=passed_over.take()
            )
        if rest := passed_over.take():
            yield Pause(f"{len(candidates)} {stat.etag}", rest)
    except ObjectMissingError as error:
        raise SourceError(
            ProblemCode.SOURCE_UNREADABLE, "The uploaded zip is gone: an upload makes one batch. Upload it again."
        ) from error
    except ObjectChangedError as error:
        raise SourceError(
            ProblemCode.SOURCE_UNREADABLE, "The uploaded zip was replaced while it was read. Upload it once."
        ) from error


def _stat(store: ObjectStore, key: str, etag: str, settings: WorkerSettings) -> ObjectStat:
    stat = store.stat(settings.jobs_bucket, key)
    if etag not in {"", stat.etag}:
        raise ObjectChangedError(f"{key} is another one now")
    if stat.size > settings.max_zip_bytes:
        raise SourceError(
            ProblemCode.ZIP_TOO_LARGE,
            f"The zip has {stat.size:,} bytes; at most {settings.max_zip_bytes:,} are read. Split it into several.",
        )
    return stat


def _judge(entries: list[ZipEntry], settings: WorkerSettings, passed_over: PassedOverFiles) -> list[Candidate]:
    """Decide what is read, count what is passed over, and see that all of it together is not too much."""
    candidates: list[Candidate] = []
    seen: set[str] = set()
    total = 0
    for entry in entries:
        path = plain_path(entry)
        kind = file_kind(path)
        is_asked_for = kind is FileKind.IMAGE or (kind not in {FileKind.SYSTEM, FileKind.FOLDER} and is_archive(path))
        if not is_asked_for and kind is not FileKind.UNTOLD:
            passed_over.add(path, kind)
            continue
        try:
            check_entry(entry, seen, settings)
        except EntryRefusedError as refused:
            error: JobError | None = refused.error
        else:
            error = None
            total += entry.size
        candidates.append(Candidate(entry, error, not is_asked_for))
        seen.add(entry.name)
    if total > settings.max_unzipped_bytes:
        raise SourceError(
            ProblemCode.ZIP_TOO_LARGE,
            f"The zip's images unpack to {total:,} bytes; at most {settings.max_unzipped_bytes:,} are read. "
            "Split it into several.",
        )
    return candidates


def _read(reader: RangeReader, entry: ZipEntry) -> bytes | JobError:
    try:
        return read_entry(reader, entry)
    except EntryRefusedError as refused:
        return refused.error
