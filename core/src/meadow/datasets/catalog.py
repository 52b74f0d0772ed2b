"""Publishing and reading data set versions in the images bucket."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from meadow.bundle.decode import ImageRejectedError
from meadow.bundle.preprocess import Preprocessing, load_pixels
from meadow.datasets.folder import DatasetError, LabelledFile, read_class_folders
from meadow.datasets.manifest import DatasetEntry, DatasetManifest
from meadow.storage.layout import datasets_prefix, image_key, latest_key, manifest_key
from meadow.storage.s3 import ObjectMissingError, ObjectStore

UPLOAD_THREADS = 8
TRIAL = Preprocessing(size=64)
"""A small input: decoding an image for it reads the file to its end, and costs little."""


@dataclass(frozen=True)
class Rejection:
    """A file that did not get into the version, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Publication:
    """What publishing a folder led to."""

    manifest: DatasetManifest
    rejected: tuple[Rejection, ...]


class DatasetCatalog:
    """The data sets in the images bucket."""

    def __init__(self, store: ObjectStore, bucket: str, *, max_image_pixels: int) -> None:
        self._store = store
        self._bucket = bucket
        self._max_image_pixels = max_image_pixels

    def publish_folder(
        self, name: str, folder: Path, *, on_progress: Callable[[int, int], None] | None = None
    ) -> Publication:
        """Publish a folder-per-class data set as a new version.

        Images go first, then the manifest, then the pointer: a version is readable whole or not at all.

        Args:
            name: Name of the data set; letters, digits, `-` and `_`.
            folder: One sub-folder of images per class.
            on_progress: Called with the number of files done and the number of files.

        Raises:
            DatasetError: The folder is not a usable data set.
            StoreError: The object store failed.
        """
        if not name.replace("-", "").replace("_", "").isalnum():
            raise DatasetError(f"{name!r} is no data set name. Use letters, digits, '-' and '_'.")
        files = read_class_folders(folder)
        self._store.ensure_bucket(self._bucket)
        entries: dict[str, DatasetEntry] = {}
        rejected: list[Rejection] = []
        with ThreadPoolExecutor(UPLOAD_THREADS) as pool:
            for done, outcome in enumerate(pool.map(self._upload, files), start=1):
                if isinstance(outcome, Rejection):
                    rejected.append(outcome)
                elif (twin := entries.get(outcome.sha256)) is not None:
                    rejected.append(Rejection(files[done - 1].path, f"the same image as {twin.source}"))
                else:
                    entries[outcome.sha256] = outcome
                if on_progress:
                    on_progress(done, len(files))
        manifest = DatasetManifest(name=name, created_at=datetime.now(UTC), entries=tuple(entries.values()))
        missing = sorted({file.label for file in files} - set(manifest.classes))
        if missing:
            raise DatasetError(f"No usable image is left in class {', '.join(missing)}; nothing was published.")
        self._publish(manifest)
        return Publication(manifest, tuple(rejected))

    def load(self, name: str, digest: str | None = None) -> DatasetManifest:
        """Read a version; the newest one when no digest is given.

        Raises:
            DatasetError: There is no such data set or version, or what is stored is damaged.
        """
        try:
            if digest is None:
                digest = str(json.loads(self._store.get(self._bucket, latest_key(name)))["digest"])
            body = self._store.get(self._bucket, manifest_key(name, digest))
        except ObjectMissingError as error:
            version = f" version {digest}" if digest else ""
            raise DatasetError(f"There is no data set {name!r}{version}. Publish one: meadow data publish.") from error
        try:
            manifest = DatasetManifest.model_validate_json(body)
        except ValidationError as error:
            raise DatasetError(f"Version {digest} of data set {name!r} is damaged: {error}") from error
        if manifest.digest != digest:
            raise DatasetError(f"Version {digest} of data set {name!r} is damaged: its content has another digest.")
        return manifest

    def names(self) -> list[str]:
        """Return the names of all published data sets."""
        names = (key.split("/")[1] for key in self._store.keys(self._bucket, datasets_prefix()))
        return [name for name in sorted(set(names)) if self._store.exists(self._bucket, latest_key(name))]

    def read_image(self, entry: DatasetEntry) -> bytes:
        """Read an image's bytes and check that they are the ones the manifest names.

        Raises:
            DatasetError: The stored bytes have another digest.
        """
        body = self._store.get(self._bucket, image_key(entry.sha256))
        if hashlib.sha256(body).hexdigest() != entry.sha256:
            raise DatasetError(f"Image {image_key(entry.sha256)} is damaged: its content does not match its name.")
        return body

    def _upload(self, file: LabelledFile) -> DatasetEntry | Rejection:
        body = file.path.read_bytes()
        try:
            load_pixels(body, TRIAL, max_pixels=self._max_image_pixels)
        except ImageRejectedError as error:
            return Rejection(file.path, error.detail)
        sha256 = hashlib.sha256(body).hexdigest()
        key = image_key(sha256)
        if not self._store.exists(self._bucket, key):
            self._store.put(self._bucket, key, body)
        return DatasetEntry(sha256=sha256, label=file.label, source=f"{file.label}/{file.path.name}")

    def _publish(self, manifest: DatasetManifest) -> None:
        self._store.put(
            self._bucket,
            manifest_key(manifest.name, manifest.digest),
            manifest.model_dump_json(indent=1).encode(),
        )
        pointer = {"digest": manifest.digest, "created_at": manifest.created_at.isoformat()}
        self._store.put(self._bucket, latest_key(manifest.name), json.dumps(pointer).encode())
