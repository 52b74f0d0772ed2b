"""Bundles on the local disk, shared by the processes of a host.

A folder per digest: it appears whole or not at all, and what is in it never changes. The file `production.json` names
the one to serve; processes look at it every moment, which needs no network. `served.json` names the last one that has
proved itself here, and `refused.json` the one that has not, and why.
"""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from meadow.schemas.models import ModelRef, RefusedModel
from meadow_core.atomic_file import write_atomically
from meadow_core.bundle.manifest import MANIFEST_FILE, BundleError, read_bundle
from meadow_core.file_lock import file_lock
from meadow_core.registry.versions import SCRATCH_PREFIX, ModelRegistry

POINTER_FILE = "production.json"
SERVED_FILE = "served.json"
REFUSED_FILE = "refused.json"
LOCK_FILE = "download.lock"

BUNDLES_KEPT = 4
"""Beside those that are served here: what was served last, for a rollback, and what the trainer has just compared."""

T = TypeVar("T", bound=BaseModel)


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

        A new one takes the place of the one that was asked for longest ago, once there are several. One that was
        damaged is downloaded anew; if it is the one to serve, processes that have refused it try again.

        Raises:
            RegistryError: The version cannot be downloaded.
            BundleError: It is no bundle, or what came is not what was registered; nothing of it is kept.
        """
        if not ref.digest:
            raise BundleError(f"Version {ref.version} of {ref.name} carries no bundle digest: it is no Meadow model.")
        self._folder.mkdir(parents=True, exist_ok=True)
        with file_lock(self._folder / LOCK_FILE):
            if (present := self._intact(ref)) is not None:
                os.utime(present)
                return present
            shutil.rmtree(self._folder / ref.digest, ignore_errors=True)
            scratch = self._folder / f".{ref.digest}.partial"
            shutil.rmtree(scratch, ignore_errors=True)
            try:
                registry.download(ref, scratch)
                scratch.rename(self._folder / ref.digest)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            self._prune()
            if self.pointed() == ref:
                self._offer_again(ref)
        return self._folder / ref.digest

    def _offer_again(self, ref: ModelRef) -> None:
        """Have the processes look again at the bundle to serve, which was missing or damaged here and is mended."""
        refused = self.refused()
        if refused is not None and refused.model == ref:
            self.forgive()
        self.point(ref)

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

    def _prune(self) -> None:
        """Delete the bundles that were asked for longest ago, and what killed downloads left; what is served stays."""
        serving = {ref.digest for ref in (self.pointed(), self.served()) if ref is not None}
        others = [folder for folder in self._bundles() if folder.name not in serving]
        newest_first = sorted(others, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
        for folder in (*newest_first[BUNDLES_KEPT:], *self._folder.glob(f"{SCRATCH_PREFIX}*")):
            shutil.rmtree(folder, ignore_errors=True)

    def _bundles(self) -> list[Path]:
        return [folder for folder in self._folder.glob("*") if (folder / MANIFEST_FILE).is_file()]

    def point(self, ref: ModelRef) -> None:
        """Make a bundle the one to serve."""
        self._write(POINTER_FILE, ref)

    def pointed(self) -> ModelRef | None:
        """Return the bundle to serve; None when there is none yet."""
        return self._read(POINTER_FILE, ModelRef)

    def note_served(self, ref: ModelRef) -> None:
        """Remember a bundle that loaded and answered here as it should."""
        self._write(SERVED_FILE, ref)

    def served(self) -> ModelRef | None:
        """Return the last bundle that proved itself: what to serve when the one to serve does not."""
        return self._read(SERVED_FILE, ModelRef)

    def refuse(self, ref: ModelRef, reason: str) -> None:
        """Remember that a bundle is not served here, and why."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write(REFUSED_FILE, RefusedModel(model=ref, reason=reason, at=datetime.now(UTC)))

    def refused(self) -> RefusedModel | None:
        """Return what is not served here; None when all is well."""
        return self._read(REFUSED_FILE, RefusedModel)

    def forgive(self) -> None:
        """Forget what was refused."""
        (self._folder / REFUSED_FILE).unlink(missing_ok=True)

    def usage(self) -> tuple[int, int]:
        """Return how many bundles are here, and the size of all their files."""
        folders = self._bundles()
        return len(folders), sum(file.stat().st_size for folder in folders for file in folder.iterdir())

    def pointer_changed_ns(self) -> int:
        """Return when the pointer was last written, in nanoseconds; 0 when there is none: cheap enough for each job."""
        try:
            return (self._folder / POINTER_FILE).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _write(self, name: str, content: BaseModel) -> None:
        write_atomically(self._folder / name, content.model_dump_json().encode())

    def _read(self, name: str, kind: type[T]) -> T | None:
        try:
            return kind.model_validate_json((self._folder / name).read_bytes())
        except FileNotFoundError:
            return None
