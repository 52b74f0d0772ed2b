"""From what people write to a source: a folder, a CSV file, the name of a bundled list, or `s3://bucket/prefix/`."""

from pathlib import Path

from meadow.datasets.errors import DatasetError
from meadow.datasets.folder import MINIMUM_CLASSES
from meadow.datasets.sources.corrections import CorrectionsSource
from meadow.datasets.sources.downloads import DownloadNotes
from meadow.datasets.sources.folder import FolderSource
from meadow.datasets.sources.model import Source
from meadow.datasets.sources.s3_prefix import SCHEME, S3PrefixSource
from meadow.datasets.sources.url_list import UrlListSource, bundled_lists
from meadow.net.downloader import Downloader
from meadow.net.public_addresses import PublicAddresses, parse_networks
from meadow.settings import Settings
from meadow.storage.s3 import ObjectStore


def default_name(text: str) -> str:
    """Name a data set after its source."""
    if text.startswith(SCHEME):
        return text.rstrip("/").rpartition("/")[2]
    path = Path(text)
    return path.stem if path.suffix.lower() == ".csv" else path.resolve().name


def open_sources(
    texts: list[str], settings: Settings, store: ObjectStore, *, corrections: bool, add: bool, refresh: bool
) -> list[Source]:
    """Open the sources that people named.

    Args:
        texts: As they were written.
        settings: Limits, and where images may come from.
        store: Where objects, corrections and the notes of downloads are.
        corrections: Whether the corrected labels are one more source.
        add: Whether images are added to a version, so that one class is enough.
        refresh: Whether to ask again for what was downloaded before.

    Raises:
        DatasetError: One of them is none, or a setting is malformed.
    """
    alone = len(texts) == 1 and not corrections and not add
    sources: list[Source] = []
    try:
        for text in texts:
            sources.append(_open(text, settings, store, minimum=MINIMUM_CLASSES if alone else 1, refresh=refresh))  # noqa: PERF401 - those that are open are closed when the next one fails
    except BaseException:
        for source in sources:
            source.close()
        raise
    if corrections:
        sources.append(CorrectionsSource(store, settings.images_bucket))
    return sources


def _open(text: str, settings: Settings, store: ObjectStore, *, minimum: int, refresh: bool) -> Source:
    if text.startswith(SCHEME):
        return S3PrefixSource(store, text, max_bytes=settings.max_image_bytes)
    path = Path(text)
    if not path.exists():
        path = bundled_lists().get(text, path)
    if path.is_file() or path.suffix.lower() == ".csv":
        notes = DownloadNotes(store, settings.images_bucket)
        return UrlListSource(path, make_downloader(settings), notes, refresh=refresh)
    return FolderSource(path, max_bytes=settings.max_image_bytes, minimum_classes=minimum)


def make_downloader(settings: Settings) -> Downloader:
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
