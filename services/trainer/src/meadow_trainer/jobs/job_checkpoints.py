"""Checkpoint folders of this host's training jobs, and their retention."""

import logging
from collections.abc import Callable
from pathlib import Path

import redis

from meadow.schemas.training import TrainingResult
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_trainer.errors import CheckpointRefusedError
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.training.checkpoints import discard

log = logging.getLogger(__name__)


class JobCheckpoints:
    """A folder with one sub-folder for each unfinished job."""

    def __init__(self, folder: Path, leases: JobLeases, runs: TrainingRuns) -> None:
        self._folder = folder
        self._leases = leases
        self._runs = runs

    def train(self, unit: Unit, execute: Callable[[Path], TrainingResult]) -> TrainingResult:
        """Run a job, resuming from the checkpoints of an earlier attempt on this host.

        Args:
            unit: The job.
            execute: Trains, with its checkpoints in the given folder.
        """
        self._prune()
        folder = self._folder / str(unit)
        try:
            return execute(folder)
        except CheckpointRefusedError as error:
            # For example a newer version of the data set, if the job did not name one.
            log.warning("%s starts from scratch: %s", unit, error)
            self._delete(folder)
            return execute(folder)

    def delete_if_ended(self, unit: Unit) -> None:
        """Delete a job's checkpoints if it has ended; otherwise the next attempt needs them."""
        try:
            ended = not self._leases.is_open(unit)
        except redis.RedisError as error:
            log.warning("Keeping the checkpoints of %s, as its state is unknown: %s", unit, error)
        else:
            if ended:
                self._delete(self._folder / str(unit))

    def _prune(self) -> None:
        """Delete the checkpoints of jobs that ended while their trainer was down."""
        for folder in self._folder.glob("*/"):
            self.delete_if_ended(Unit.parse(folder.name))

    def _delete(self, folder: Path) -> None:
        self._runs.abandon(folder)
        discard(folder)
