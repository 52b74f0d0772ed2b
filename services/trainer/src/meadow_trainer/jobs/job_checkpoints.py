"""Where the trainer of this host keeps the checkpoints of its jobs, and for how long."""

import logging
from collections.abc import Callable
from pathlib import Path

import redis

from meadow.jobs.keys import Unit
from meadow.jobs.leases import JobLeases
from meadow.training import TrainingResult
from meadow_trainer.errors import CheckpointRefusedError
from meadow_trainer.runs.training_runs import TrainingRuns
from meadow_trainer.training.checkpoints import discard

log = logging.getLogger(__name__)


class JobCheckpoints:
    """A folder with one sub-folder for each job that is not answered yet."""

    def __init__(self, folder: Path, leases: JobLeases, runs: TrainingRuns) -> None:
        self._folder = folder
        self._leases = leases
        self._runs = runs

    def train(self, unit: Unit, execute: Callable[[Path], TrainingResult]) -> TrainingResult:
        """Go on with a job where an earlier attempt of this host left it, or begin it.

        Args:
            unit: The job.
            execute: Trains, with the checkpoints in the folder that it is given.
        """
        self._prune()
        folder = self._folder / str(unit)
        try:
            return execute(folder)
        except CheckpointRefusedError as error:
            # Such as a newer version of the data set, when the job left it open which.
            log.warning("%s begins again: %s", unit, error)
            self._delete(folder)
            return execute(folder)

    def delete_if_ended(self, unit: Unit) -> None:
        """Delete a job's checkpoints if it has come to its end; they stay for the next attempt if it has not."""
        try:
            ended = not self._leases.is_open(unit)
        except redis.RedisError as error:
            log.warning("Keeping the checkpoints of %s, for whether it has ended cannot be told: %s", unit, error)
        else:
            if ended:
                self._delete(self._folder / str(unit))

    def _prune(self) -> None:
        """Delete what jobs left that ended without their trainer, which was killed too often or has lost them."""
        for folder in self._folder.glob("*/"):
            self.delete_if_ended(Unit.parse(folder.name))

    def _delete(self, folder: Path) -> None:
        self._runs.abandon(folder)
        discard(folder)
