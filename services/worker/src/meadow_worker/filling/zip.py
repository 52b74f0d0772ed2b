"""The images of an uploaded zip, unpacked in memory. Their names are labels only: nothing is written under them."""

from collections.abc import Iterator

from meadow.jobs.model import JobError
from meadow.problems import ProblemTypes
from meadow.settings import Settings
from meadow.sources.model import ZipSource
from meadow.storage.errors import ObjectChangedError, ObjectMissingError
from meadow.storage.layout import upload_key
from meadow.storage.s3 import ObjectStat, ObjectStore
from meadow_worker.filling.errors import EntryRefusedError, SourceError
from meadow_worker.filling.packing import ReadImage
from meadow_worker.filling.range_reader import RangeReader
from meadow_worker.filling.zip_directory import ZipEntry, read_directory, shown
from meadow_worker.filling.zip_entry import check_entry, is_asked_for, read_entry

Verdicts = list[tuple[ZipEntry, JobError | None]]
"""The entries that give items, and why some are not read."""


def zip_images(store: ObjectStore, source: ZipSource, cursor: str, settings: Settings) -> Iterator[ReadImage]:
    """Yield the images behind the cursor, which counts them and tells the zip from another under the same key.

    The limits of the whole zip are checked first, so a zip above them gives nothing.

    Raises:
        SourceError: It is no zip, above the limits, gone or replaced.
        StoreError: The store does not answer.
    """
    done, _, etag = cursor.partition(" ")
    try:
        stat = _stat(store, upload_key(source.upload_id), etag, settings)
        reader = RangeReader(store, settings.jobs_bucket, upload_key(source.upload_id), stat)
        verdicts = _judge(read_directory(reader, max_entries=settings.max_zip_entries), settings)
        for number, (entry, error) in enumerate(verdicts[int(done or 0) :], start=int(done or 0) + 1):
            yield ReadImage(shown(entry.name), error or _read(reader, entry), f"{number} {stat.etag}")
    except ObjectMissingError as error:
        raise SourceError(
            ProblemTypes.SOURCE_UNREADABLE, "The uploaded zip is gone: an upload makes one batch. Upload it again."
        ) from error
    except ObjectChangedError as error:
        raise SourceError(
            ProblemTypes.SOURCE_UNREADABLE, "The uploaded zip was replaced while it was read. Upload it once."
        ) from error


def _stat(store: ObjectStore, key: str, etag: str, settings: Settings) -> ObjectStat:
    stat = store.stat(settings.jobs_bucket, key)
    if etag not in {"", stat.etag}:
        raise ObjectChangedError(f"{key} is another one now")
    if stat.size > settings.max_zip_bytes:
        raise SourceError(
            ProblemTypes.ZIP_TOO_LARGE,
            f"The zip has {stat.size:,} bytes; at most {settings.max_zip_bytes:,} are read. Split it into several.",
        )
    return stat


def _judge(entries: list[ZipEntry], settings: Settings) -> Verdicts:
    """Decide what is read, and that all of it together is not too much."""
    verdicts: Verdicts = []
    seen: set[str] = set()
    total = 0
    for entry in filter(is_asked_for, entries):
        try:
            check_entry(entry, seen, settings)
        except EntryRefusedError as refused:
            verdicts.append((entry, refused.error))
        else:
            verdicts.append((entry, None))
            total += entry.size
        seen.add(entry.name)
    if total > settings.max_unzipped_bytes:
        raise SourceError(
            ProblemTypes.ZIP_TOO_LARGE,
            f"The zip's images unpack to {total:,} bytes; at most {settings.max_unzipped_bytes:,} are read. "
            "Split it into several.",
        )
    return verdicts


def _read(reader: RangeReader, entry: ZipEntry) -> bytes | JobError:
    try:
        return read_entry(reader, entry)
    except EntryRefusedError as refused:
        return refused.error
