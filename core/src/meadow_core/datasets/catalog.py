"""The data sets: what is published, and how more gets there."""

from collections.abc import Sequence
from pathlib import Path

from meadow.sizes import MEBIBYTE
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.ingest.reading import Progress
from meadow_core.datasets.ingest.run import THREADS, Ingestion, IngestRules, Publication
from meadow_core.datasets.sources.folder import FolderSource
from meadow_core.datasets.sources.model import Source
from meadow_core.datasets.versions import DatasetVersions
from meadow_core.storage.s3 import ObjectStore

__all__ = ("DatasetCatalog", "DatasetError", "Publication")

MAX_FILE_BYTES = 64 * MEBIBYTE


class DatasetCatalog(DatasetVersions):
    """The data sets in the images bucket."""

    def __init__(self, store: ObjectStore, bucket: str, *, max_image_pixels: int) -> None:
        super().__init__(store, bucket)
        self._max_image_pixels = max_image_pixels

    def publish(
        self,
        name: str,
        sources: Sequence[Source],
        *,
        add: bool = False,
        may_be_first: bool = False,
        rules: IngestRules = IngestRules(),  # noqa: B008 - frozen
        on_progress: Progress | None = None,
        threads: int = THREADS,
    ) -> Publication:
        """Publish a version; see `meadow_core.datasets.ingest.run.Ingestion.run`."""
        ingestion = Ingestion(self._store, self._bucket, self, max_pixels=self._max_image_pixels)
        return ingestion.run(
            name,
            sources,
            add=add,
            may_be_first=may_be_first,
            rules=rules,
            on_progress=on_progress,
            threads=threads,
        )

    def publish_folder(self, name: str, folder: Path, *, on_progress: Progress | None = None) -> Publication:
        """Publish a folder-per-class data set as a new version.

        Raises:
            DatasetError: The folder is not a usable data set; nothing was published.
            StoreError: The object store failed.
        """
        return self.publish(name, [FolderSource(folder, max_bytes=MAX_FILE_BYTES)], on_progress=on_progress)
