"""Bundles on the local disk, shared by the processes of a host.

A folder per digest: it appears whole or not at all, and what is in it never changes. The file `production.json` names
the one to serve; processes read it between jobs, which needs no network.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meadow.bundle.manifest import MANIFEST_FILE, BundleError, read_bundle
from meadow.registry.model import ModelRef
from meadow.registry.versions import ModelRegistry

POINTER_FILE = "production.json"
LOCK_FILE = "download.lock"


class ModelCache:
    """The bundles that this host has."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._verified: set[str] = set()

    def path_of(self, ref: ModelRef) -> Path | None:
        """Return a bundle's folder if it is here."""
        path = self._folder / ref.digest
        return path if (path / MANIFEST_FILE).is_file() else None

    def ensure(self, ref: ModelRef, registry: ModelRegistry) -> Path:
        """Return a bundle's folder; download it once if it is not here, however many processes ask.

        Raises:
            RegistryError: The version cannot be downloaded.
            BundleError: It is no bundle, or what came is not what was registered; nothing of it is kept.
        """
        if not ref.digest:
            raise BundleError(f"Version {ref.version} of {ref.name} carries no bundle digest: it is no Meadow model.")
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if (present := self._intact(ref)) is not None:
                return present
            shutil.rmtree(self._folder / ref.digest, ignore_errors=True)
            scratch = self._folder / f".{ref.digest}.partial"
            shutil.rmtree(scratch, ignore_errors=True)
            try:
                registry.download(ref, scratch)
                scratch.rename(self._folder / ref.digest)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        return self._folder / ref.digest

    def _intact(self, ref: ModelRef) -> Path | None:
        """Return a bundle's folder if it is here and as it was downloaded; its files are read once a process."""
        present = self.path_of(ref)
        if present is not None and ref.digest not in self._verified:
            try:
                read_bundle(present, expected_digest=ref.digest)
            except BundleError:
                return None
            self._verified.add(ref.digest)
        return present

    def point(self, ref: ModelRef) -> None:
        """Make a bundle the one to serve."""
        scratch = self._folder / f".{POINTER_FILE}.{os.getpid()}"
        scratch.write_text(ref.model_dump_json(), encoding="utf-8")
        scratch.replace(self._folder / POINTER_FILE)

    def pointed(self) -> ModelRef | None:
        """Return the bundle to serve; None when there is none yet."""
        try:
            return ModelRef.model_validate_json((self._folder / POINTER_FILE).read_bytes())
        except FileNotFoundError:
            return None

    def pointer_changed_ns(self) -> int:
        """Return when the pointer was last written, in nanoseconds; 0 when there is none: cheap enough for each job."""
        try:
            return (self._folder / POINTER_FILE).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / LOCK_FILE).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
