"""Checkpoints, from which a run resumes after its process was killed."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from meadow.schemas.training_config import TrainingConfig
from meadow_core.atomic_file import write_atomically
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import CheckpointRefusedError
from meadow_trainer.training.snapshot import Snapshot, SnapshotError, read_snapshot, write_snapshot

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 30.0
"""A ResNet-18 with its averages takes 180 MB and a third of a second to write: one per cent of the time."""
_PREFIX = "checkpoint-"
_SUFFIX = ".safetensors"
_RUN_FILE = "run.json"


class Checkpoint:
    """Last state of one training: a run trains the served network, and others to calibrate it."""

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, str],
        *,
        every_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._identity = identity
        self._every_seconds = every_seconds
        self._clock = clock
        self._saved = clock()

    def due(self) -> bool:
        """Whether the next save is due."""
        return self._clock() - self._saved >= self._every_seconds

    def save(self, state: Snapshot) -> None:
        """Save; a full disk costs the checkpoint, not the run."""
        metadata = {"identity": dict(self._identity), "state": state.metadata}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_snapshot(self._path, Snapshot(state.tensors, metadata))
        except OSError as error:
            log.warning("Could not save a checkpoint; training continues without it: %s", error)
        self._saved = self._clock()

    def load(self) -> Snapshot | None:
        """Load the last state, if any.

        Raises:
            CheckpointRefusedError: It belongs to another run, or is damaged.
        """
        try:
            saved = read_snapshot(self._path)
        except SnapshotError as error:
            raise CheckpointRefusedError(str(error)) from error
        if saved is None:
            return None
        _check_identity(self._path, saved.metadata["identity"], self._identity)
        return Snapshot(saved.tensors, saved.metadata["state"])


class Checkpoints:
    """All checkpoints of one run.

    Two attempts at the same run may use the folder at once, if the first lost its lease but still runs. Both write
    states of the same computation atomically, so either may read what the other wrote.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str], *, every_seconds: float = CHECKPOINT_SECONDS) -> None:
        """Set up; nothing is read or written yet.

        Args:
            folder: Created with the first checkpoint.
            identity: What the run's result depends on; a checkpoint with other values is refused.
            every_seconds: Time between two checkpoints.
        """
        self._folder = folder
        self._identity = dict(identity)
        self._every_seconds = every_seconds

    def of(self, training: str, depends_on: Mapping[str, str]) -> Checkpoint:
        """Return the checkpoint of one training.

        Args:
            training: Its name, unique within the run.
            depends_on: What the training depends on besides the run's identity.
        """
        path = self._folder / f"{_PREFIX}{training}{_SUFFIX}"
        return Checkpoint(path, {**self._identity, **depends_on}, every_seconds=self._every_seconds)

    def tracked_run(self) -> str | None:
        """Return the id of the MLflow run of earlier attempts, if any.

        Raises:
            CheckpointRefusedError: The folder belongs to another run.
        """
        path = self._folder / _RUN_FILE
        try:
            found = _read_run(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointRefusedError(f"{path} cannot be read: {error}") from error
        if found is None:
            return None
        run_id, identity = found
        _check_identity(path, identity, self._identity)
        return run_id

    def save_tracked_run(self, run_id: str) -> None:
        """Save the id of the MLflow run, so that the next attempt continues it."""
        text = json.dumps({"run_id": run_id, "identity": self._identity})
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._folder / _RUN_FILE, text.encode())
        except OSError as error:
            log.warning("Could not write to %s: %s", self._folder, error)

    def discard(self) -> None:
        """Delete all checkpoints."""
        discard(self._folder)


def run_identity(source: ImageSource, config: TrainingConfig) -> dict[str, str]:
    """Return what a run's result depends on, by name: the data set version, and every setting."""
    return {"dataset": source.manifest.digest} | {name: str(value) for name, value in config.model_dump().items()}


def read_tracked_run(folder: Path) -> str | None:
    """Return the MLflow run that a folder's checkpoints belong to; None if there is none or it is unreadable."""
    try:
        found = _read_run(folder / _RUN_FILE)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found[0] if found else None


def discard(folder: Path) -> None:
    """Delete the checkpoints in a folder, and the folder if it is empty then."""
    with suppress(OSError):
        for pattern in (f"{_PREFIX}*", f".{_PREFIX}*", f"{_RUN_FILE}", f".{_RUN_FILE}*"):
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)
        folder.rmdir()


def _read_run(path: Path) -> tuple[str, dict[str, str]] | None:
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return str(found["run_id"]), dict(found["identity"])


def _check_identity(path: Path, found: Mapping[str, str], expected: Mapping[str, str]) -> None:
    differing = sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key))
    if differing:
        raise CheckpointRefusedError(f"{path} belongs to another run: it differs in {', '.join(differing)}.")
