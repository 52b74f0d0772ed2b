"""The folder from which a run goes on after its process was killed."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from meadow.training_config import TrainingConfig
from meadow_trainer.data.source import ImageSource
from meadow_trainer.errors import CheckpointRefusedError
from meadow_trainer.training.atomic_file import write_atomically
from meadow_trainer.training.snapshot import Snapshot, SnapshotError, read_snapshot, write_snapshot

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 30.0
"""A ResNet-18 with its averages takes 180 MB and a third of a second to write: one hundredth of the time."""
_PREFIX = "checkpoint-"
_SUFFIX = ".safetensors"
_RUN_FILE = "run.json"


class Checkpoint:
    """The last state of one training: a run trains one network that is served, and others to calibrate it with."""

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
        """Whether it is time to save again."""
        return self._clock() - self._saved >= self._every_seconds

    def save(self, state: Snapshot) -> None:
        """Save; a disk that is full costs the checkpoint, not the run."""
        metadata = {"identity": dict(self._identity), "state": state.metadata}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_snapshot(self._path, Snapshot(state.tensors, metadata))
        except OSError as error:
            log.warning("Could not save a checkpoint; the training goes on without: %s", error)
        self._saved = self._clock()

    def load(self) -> Snapshot | None:
        """Read the last state, if there is one.

        Raises:
            CheckpointRefusedError: It is of another run, or damaged.
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
    """All that is kept of one run until it ends.

    Two attempts at the same run may hold the folder at once, when the first was taken for dead too early. Both write
    states of the same computation, each file in one step, so either may read what the other wrote.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str], *, every_seconds: float = CHECKPOINT_SECONDS) -> None:
        """Name the folder; nothing is read or written yet.

        Args:
            folder: Is made when the first checkpoint is due.
            identity: What the run is, by name: a checkpoint with other values is refused.
            every_seconds: Time between two checkpoints.
        """
        self._folder = folder
        self._identity = dict(identity)
        self._every_seconds = every_seconds

    def of(self, training: str, settled: Mapping[str, str]) -> Checkpoint:
        """Return the checkpoint of one training.

        Args:
            training: Its name, unique within the run.
            settled: What the training depends on beyond what was asked of the run.
        """
        path = self._folder / f"{_PREFIX}{training}{_SUFFIX}"
        return Checkpoint(path, {**self._identity, **settled}, every_seconds=self._every_seconds)

    def tracked_run(self) -> str | None:
        """Return the id of the tracked run that the earlier attempts logged to, if any.

        Raises:
            CheckpointRefusedError: The folder is that of another run.
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
        """Write the id down at once: without it the next attempt opens another tracked run."""
        text = json.dumps({"run_id": run_id, "identity": self._identity})
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._folder / _RUN_FILE, text.encode())
        except OSError as error:
            log.warning("Could not write to %s: %s", self._folder, error)

    def discard(self) -> None:
        """Delete what is kept: the run has ended, or has to begin again."""
        discard(self._folder)


def run_identity(source: ImageSource, config: TrainingConfig) -> dict[str, str]:
    """Return what a run's result depends on, by name: the data set version, and every setting."""
    return {"dataset": source.manifest.digest} | {name: str(value) for name, value in config.model_dump().items()}


def read_tracked_run(folder: Path) -> str | None:
    """Return the tracked run that a folder's checkpoints belong to, whatever run that is; None if it cannot be told."""
    try:
        found = _read_run(folder / _RUN_FILE)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found[0] if found else None


def discard(folder: Path) -> None:
    """Delete the checkpoints in a folder, and the folder if there is nothing else in it."""
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
        raise CheckpointRefusedError(f"{path} is of another run: it differs in {', '.join(differing)}.")
