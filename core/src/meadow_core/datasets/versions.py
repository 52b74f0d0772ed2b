"""Reading and writing data set versions in the images bucket."""

import hashlib
import json
from collections.abc import Sequence

from pydantic import ValidationError

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.dataset_summary import VersionSummary
from meadow.schemas.digests import short_digest
from meadow_core.datasets.errors import DatasetError, OvertakenError
from meadow_core.datasets.rejection import Rejection, read_rejections, write_rejections
from meadow_core.datasets.runs import IngestRuns
from meadow_core.datasets.summarise import summarise
from meadow_core.storage.layout import (
    datasets_prefix,
    image_key,
    latest_key,
    manifest_key,
    rejections_key,
    report_key,
    summary_key,
    versions_prefix,
)
from meadow_core.storage.s3 import ObjectMissingError, ObjectStore

MANIFEST_SUFFIX = ".json"


class DatasetVersions:
    """The versions of all data sets."""

    def __init__(self, store: ObjectStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket
        self.runs = IngestRuns(store, bucket)

    def load(self, name: str, digest: str | None = None) -> DatasetManifest:
        """Read a version; the newest one when no digest is given.

        Raises:
            DatasetError: There is no such data set or version, or what is stored is damaged.
        """
        try:
            digest = digest or self.newest(name)
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

    def newest(self, name: str) -> str:
        """Return the digest of the newest version.

        Raises:
            ObjectMissingError: There is none.
        """
        return str(json.loads(self._store.get(self._bucket, latest_key(name)))["digest"])

    def newest_or_none(self, name: str) -> str | None:
        """Return the digest of the newest version; None if there is none."""
        try:
            return self.newest(name)
        except ObjectMissingError:
            return None

    def check_newest(self, name: str, digest: str | None) -> None:
        """Check that a version is the newest still; None stands for there being none.

        Raises:
            OvertakenError: Another one is.
        """
        newest = self.newest_or_none(name)
        if newest != digest:
            raise OvertakenError(f"Version {newest} of data set {name!r} was published meanwhile.")

    def names(self) -> list[str]:
        """Return the names of all published data sets."""
        prefix = datasets_prefix()
        names = (key.removeprefix(prefix).split("/")[0] for key in self._store.folders(self._bucket, prefix))
        return [name for name in sorted(set(names)) if self._store.exists(self._bucket, latest_key(name))]

    def digests(self, name: str) -> list[str]:
        """Return the digests of a data set's versions."""
        prefix = versions_prefix(name)
        keys = (entry.key for entry in self._store.entries(self._bucket, prefix, recursive=False))
        files = (key.removeprefix(prefix) for key in keys)
        return [file.removesuffix(MANIFEST_SUFFIX) for file in files if file.endswith(MANIFEST_SUFFIX)]

    def resolve(self, name: str, beginning: str = "") -> str:
        """Return the one digest that begins so; the newest for an empty beginning.

        Raises:
            DatasetError: There is no such version, or several.
        """
        if not beginning:
            try:
                return self.newest(name)
            except ObjectMissingError as error:
                raise DatasetError(f"There is no data set {name!r}. Publish one: meadow data publish.") from error
        found = [digest for digest in self.digests(name) if digest.startswith(beginning)]
        if not found:
            raise DatasetError(f"Data set {name!r} has no version {beginning}: see meadow data list {name}.")
        if len(found) > 1:
            raise DatasetError(f"Several versions of data set {name!r} begin with {beginning}; write more of it.")
        return found[0]

    def summary(self, name: str, digest: str) -> VersionSummary:
        """Read a version's figures; counts them where none are stored.

        Raises:
            DatasetError: There is no such version, or what is stored is damaged.
        """
        try:
            return VersionSummary.model_validate_json(self._store.get(self._bucket, summary_key(name, digest)))
        except (ObjectMissingError, ValidationError):
            return summarise(self.load(name, digest))

    def summaries(self, name: str) -> list[VersionSummary]:
        """Read the figures of a data set's versions: the current one, then the others, newest first.

        The current one need not be the newest: a content that is published again is the version that it was.

        Raises:
            DatasetError: There is no such data set.
        """
        current = self.resolve(name)
        found = [self.summary(name, digest) for digest in self.digests(name)]
        return sorted(found, key=lambda summary: (summary.digest == current, summary.created_at), reverse=True)

    def rejections(self, name: str, digest: str) -> list[Rejection]:
        """Read what was left out of a version, and why."""
        try:
            return list(read_rejections(self._store.get(self._bucket, rejections_key(name, digest))))
        except ObjectMissingError:
            return []

    def report(self, name: str, digest: str) -> bytes:
        """Read the page that shows how a version came about.

        Raises:
            DatasetError: There is none.
        """
        try:
            return self._store.get(self._bucket, report_key(name, digest))
        except ObjectMissingError as error:
            raise DatasetError(f"There is no report of version {short_digest(digest)} of data set {name!r}.") from error

    def read_image(self, entry: DatasetEntry) -> bytes:
        """Read an image's bytes and check that they are the ones the manifest names.

        Raises:
            DatasetError: The stored bytes have another digest.
        """
        return self.read_bytes(entry.sha256)

    def read_bytes(self, sha256: str) -> bytes:
        """Read an image by its digest.

        Raises:
            DatasetError: The stored bytes have another digest.
            ObjectMissingError: There is no such image.
        """
        body = self._store.get(self._bucket, image_key(sha256))
        if hashlib.sha256(body).hexdigest() != sha256:
            raise DatasetError(f"Image {image_key(sha256)} is damaged: its content does not match its name.")
        return body

    def write(
        self,
        manifest: DatasetManifest,
        summary: VersionSummary,
        rejected: Sequence[Rejection],
        report: bytes,
        *,
        added: bool = False,
    ) -> DatasetManifest:
        """Make a version readable and the newest; its images are in the store already.

        What tells about the version goes first, then the manifest, then the pointer. A version that is there already
        is left as it is: only the pointer moves.

        Args:
            manifest: The version.
            summary: Its figures.
            rejected: What was left out of it.
            report: The page about it.
            added: Whether it was made by adding to the newest version (`summary.added_to`, empty where there was none),
                which must be the newest until this one is.

        Returns:
            The manifest as it is stored.

        Raises:
            OvertakenError: Another version came before this one; the pointer was left as it is.
        """
        name, digest = manifest.name, manifest.digest
        try:
            manifest = self.load(name, digest)
        except DatasetError:
            self._store.put(self._bucket, rejections_key(name, digest), write_rejections(rejected))
            self._store.put(self._bucket, report_key(name, digest), report)
            self._store.put(self._bucket, summary_key(name, digest), summary.model_dump_json(indent=1).encode())
            self._store.put(self._bucket, manifest_key(name, digest), manifest.model_dump_json(indent=1).encode())
        if added:
            # The last moment to look. A version that gets its pointer between this request and the next is overtaken
            # unnoticed all the same: only a conditional write could tell, and servers that do not know of those, the
            # embedded one among them, write in spite of the condition. What was written up to here stays, as a version
            # that was never current.
            self.check_newest(name, summary.added_to or None)
        pointer = {"digest": digest, "created_at": manifest.created_at.isoformat()}
        self._store.put(self._bucket, latest_key(name), json.dumps(pointer).encode())
        return manifest
