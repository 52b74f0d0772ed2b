"""From what people write to a source: a folder, an archive, a list, the name of a bundled list, or an S3 prefix."""

from pathlib import Path

from meadow.bundled_lists import bundled_lists
from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.minimums import MINIMUM_CLASSES
from meadow.schemas.rejection import Reason
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.sources.archive import ArchiveSource, is_archive
from meadow_core.datasets.sources.corrections import CorrectionsSource
from meadow_core.datasets.sources.downloads import DownloadNotes
from meadow_core.datasets.sources.folder import FolderSource
from meadow_core.datasets.sources.model import Source, UnfitError
from meadow_core.datasets.sources.s3_prefix import SCHEME, S3PrefixSource
from meadow_core.datasets.sources.url_list import ReadFile, UrlListSource
from meadow_core.net.downloader import Downloader
from meadow_core.net.public_addresses import PublicAddresses, parse_networks
from meadow_core.settings.ingestion import IngestionSettings
from meadow_core.storage.s3 import ObjectStore


def default_name(text: str) -> str:
    """Name a data set after its source."""
    if text.startswith(SCHEME):
        return text.rstrip("/").rpartition("/")[2]
    path = Path(text)
    return path.name.partition(".")[0] if path.is_file() or path.suffix.lower() == ".csv" else path.resolve().name


def open_sources(
    texts: list[str],
    settings: IngestionSettings,
    store: ObjectStore,
    *,
    corrections: bool,
    add: bool,
    refresh: bool,
    split_folders: SplitFolders = SplitFolders.MERGE,
) -> list[Source]:
    """Open the sources that people named.

    Args:
        texts: As they were written.
        settings: Limits, and where images may come from.
        store: Where objects, corrections and the notes of downloads are.
        corrections: Whether the corrected labels are one more source.
        add: Whether images are added to a version, so that one class is enough.
        refresh: Whether to ask again for what was downloaded before.
        split_folders: What becomes of folders such as `train` and `test`.

    Raises:
        DatasetError: One of them is none, or a setting is malformed.
    """
    minimum = MINIMUM_CLASSES if len(texts) == 1 and not corrections and not add else 1
    sources: list[Source] = []
    try:
        for text in texts:
            sources.append(_open(text, settings, store, minimum, split_folders, refresh=refresh))  # noqa: PERF401 - those that are open are closed when the next one fails
    except BaseException:
        for source in sources:
            source.close()
        raise
    if corrections:
        sources.append(CorrectionsSource(store, settings.images_bucket))
    return sources


def _open(
    text: str,
    settings: IngestionSettings,
    store: ObjectStore,
    minimum: int,
    split_folders: SplitFolders,
    *,
    refresh: bool,
) -> Source:
    max_bytes = settings.max_image_bytes
    if text.startswith(SCHEME):
        return S3PrefixSource(store, text, max_bytes=max_bytes, split_folders=split_folders)
    path = Path(text)
    if not path.exists():
        path = bundled_lists().get(text, path)
    if path.is_file() and is_archive(path):
        return ArchiveSource(path, max_bytes=max_bytes, minimum_classes=minimum, split_folders=split_folders)
    if path.is_file() or path.suffix.lower() == ".csv":
        notes = DownloadNotes(store, settings.images_bucket)
        read_file = files_beside(path, max_bytes)
        return UrlListSource(path, make_downloader(settings), notes, read_file=read_file, refresh=refresh)
    return FolderSource(path, max_bytes=max_bytes, minimum_classes=minimum, split_folders=split_folders)


def files_beside(path: Path, max_bytes: int) -> ReadFile:
    """Return what reads the files of this machine that a list names; relative paths are from its own folder."""

    def read(place: str) -> bytes:
        file = path.parent / place
        try:
            with file.open("rb") as opened:
                body = opened.read(max_bytes + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            detail = f"There is no file {file} that can be read ({reason}). Web addresses begin with https://."
            raise UnfitError(Reason.UNREACHABLE, detail) from error
        if len(body) > max_bytes:
            raise UnfitError(Reason.TOO_LARGE, f"The file has more than the {max_bytes:,} bytes that are read.")
        return body

    return read


def make_downloader(settings: IngestionSettings) -> Downloader:
    """Make what downloads images as the settings say.

    Raises:
        DatasetError: A setting is malformed.
    """
    try:
        networks = parse_networks(settings.ingest_allowed_networks)
    except ValueError as error:
        raise DatasetError(f"MEADOW_INGEST_ALLOWED_NETWORKS: {error}") from error
    return Downloader(
        PublicAddresses(networks),
        max_bytes=settings.max_image_bytes,
        parallel=settings.ingest_downloads,
        timeout=settings.ingest_timeout_seconds,
    )
