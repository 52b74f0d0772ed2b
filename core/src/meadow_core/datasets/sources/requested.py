"""Sources by the request of a client: nothing on this host can be named, only what the services may read."""

from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from meadow.bundled_lists import bundled_lists
from meadow.schemas.ingestion import IngestRequest, IngestSource, LabelledPrefix, ListedUrls
from meadow.schemas.rejection import Reason
from meadow.sizes import MEBIBYTE
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.plain_names import check_name
from meadow_core.datasets.sources.corrections import CorrectionsSource
from meadow_core.datasets.sources.downloads import DownloadNotes
from meadow_core.datasets.sources.model import Source, UnfitError
from meadow_core.datasets.sources.named import make_downloader
from meadow_core.datasets.sources.s3_prefix import SCHEME, S3PrefixSource
from meadow_core.datasets.sources.url_list import ReadFile, UrlListSource
from meadow_core.settings.ingestion import IngestionSettings
from meadow_core.storage.errors import ObjectMissingError, ObjectRefusedError, ObjectTooLargeError
from meadow_core.storage.s3 import ObjectStore

MAX_LIST_BYTES = 64 * MEBIBYTE


def check_request(request: IngestRequest, settings: IngestionSettings) -> None:
    """Check what can be checked before a job is made of it.

    Raises:
        DatasetError: The name is none, a list is not known, or a bucket is not read from.
    """
    check_name(request.name)
    lists = bundled_lists()
    for source in request.sources:
        if isinstance(source, ListedUrls) and source.name and source.name not in lists:
            raise DatasetError(f"There is no list {source.name!r}. These come with Meadow: {', '.join(lists)}.")
        uri = source.uri if isinstance(source, ListedUrls | LabelledPrefix) else ""
        bucket = _split(uri)[0]
        if uri and bucket not in settings.readable_buckets:
            raise DatasetError(
                f"Bucket {bucket!r} is not read from, only {', '.join(settings.readable_buckets)} "
                "(MEADOW_SOURCE_BUCKETS)."
            )


def open_requested(
    request: IngestRequest, settings: IngestionSettings, store: ObjectStore, folder: Path
) -> list[Source]:
    """Open the sources of a request.

    Args:
        request: Is checked again: settings may have changed since it was accepted.
        settings: Limits, and where images may come from.
        store: Where objects, lists, corrections and the notes of downloads are.
        folder: Existing; gets the lists while the sources are open.

    Raises:
        DatasetError: One of them cannot be read.
        StoreError: The object store failed.
    """
    check_request(request, settings)
    opened: list[Source] = []
    with ExitStack() as open_ones:
        for number, asked in enumerate(request.sources):
            source = _open(asked, request, settings, store, folder / str(number))
            open_ones.callback(source.close)
            opened.append(source)
        # All are open: whoever reads them closes them.
        open_ones.pop_all()
    return opened


def _open(
    asked: IngestSource, request: IngestRequest, settings: IngestionSettings, store: ObjectStore, folder: Path
) -> Source:
    if isinstance(asked, LabelledPrefix):
        return S3PrefixSource(store, asked.uri, max_bytes=settings.max_image_bytes, split_folders=request.split_folders)
    if isinstance(asked, ListedUrls):
        path = bundled_lists()[asked.name] if asked.name else _fetch(store, asked.uri, folder)
        notes = DownloadNotes(store, settings.images_bucket)
        read_file = _objects_beside(store, asked.uri, settings.max_image_bytes)
        return UrlListSource(path, make_downloader(settings), notes, read_file=read_file, refresh=request.refresh)
    return CorrectionsSource(store, settings.images_bucket)


def _objects_beside(store: ObjectStore, uri: str, max_bytes: int) -> ReadFile:
    """Return what reads the objects beside a list in the object store; files of this host are nobody's to name."""
    bucket, key = _split(uri)

    def read(place: str) -> bytes:
        path = PurePosixPath(place)
        if not uri or path.is_absolute() or ".." in path.parts:
            detail = f"{place} is no web address, and no path below the folder of a list in the object store."
            raise UnfitError(Reason.REFUSED_ADDRESS, detail)
        try:
            return store.get(bucket, str(PurePosixPath(key).parent / path), max_bytes=max_bytes)
        except ObjectTooLargeError as error:
            detail = f"The object is larger than the {max_bytes:,} bytes that are read."
            raise UnfitError(Reason.TOO_LARGE, detail) from error
        except (ObjectMissingError, ObjectRefusedError) as error:
            raise UnfitError(Reason.UNREACHABLE, str(error)) from error

    return read


def _fetch(store: ObjectStore, uri: str, folder: Path) -> Path:
    """Bring a list here, under its own name: that is how reports call it."""
    bucket, key = _split(uri)
    try:
        body = store.get(bucket, key, max_bytes=MAX_LIST_BYTES)
    except ObjectMissingError as error:
        raise DatasetError(f"There is no list {uri}.") from error
    except ObjectTooLargeError as error:
        raise DatasetError(f"The list {uri} has more than {MAX_LIST_BYTES:,} bytes. Divide it.") from error
    folder.mkdir()
    path = folder / (PurePosixPath(key).name or "list.csv")
    path.write_bytes(body)
    return path


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(SCHEME).partition("/")
    return bucket, key
