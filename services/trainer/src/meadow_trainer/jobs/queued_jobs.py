"""Life cycle of a job of the training queue: claim, heartbeat, execution and result."""

import logging
import threading
from abc import ABC, abstractmethod
from typing import ClassVar

from pydantic import ValidationError

from meadow.schemas.jobs import JobError, JobKind, JobResult
from meadow.schemas.problems import ProblemCode
from meadow.schemas.training import TrainingResult
from meadow_core.bundle.manifest import BundleError
from meadow_core.datasets.errors import DatasetError
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.log_context import REQUEST_ID, log_context
from meadow_core.registry.versions import RegistryError
from meadow_core.storage.s3 import StoreError
from meadow_core.tracing import span
from meadow_trainer.errors import TrainingCancelledError, TrainingError
from meadow_trainer.jobs.lease import TrainingLease
from meadow_trainer.jobs.metrics import JobOutcome, TrainerMetrics

log = logging.getLogger(__name__)

EXPECTED_ERRORS = (TrainingError, DatasetError, RegistryError, StoreError, BundleError, ValidationError)
"""Errors whose message is shown to the user; any other is a bug."""


class QueuedJobs(ABC):
    """Runs jobs of one kind, one at a time."""

    kind: ClassVar[JobKind]
    failed: ClassVar[ProblemCode]
    """What went wrong with a job that failed."""

    def __init__(self, leases: JobLeases, metrics: TrainerMetrics, *, lease_seconds: float) -> None:
        self._leases = leases
        self._metrics = metrics
        self._lease_seconds = lease_seconds
        self._shutting_down = threading.Event()

    def shut_down(self) -> None:
        """Stop the current job at its next step; another trainer, or this one after a restart, resumes it."""
        self._shutting_down.set()

    def run(self, unit: Unit) -> None:
        """Run a job, unless it is finished, cancelled, or leased by another trainer."""
        claim = self._leases.claim(unit)
        if claim is None:
            return
        with (
            self._metrics.working(self.kind),
            log_context(job=unit.job_id, request_id=claim.record.get(REQUEST_ID)),
            span(f"{self.kind.value} job", claim.record, {"meadow.job": unit.job_id}),
        ):
            outcome = self._run_claimed(claim)
        self._metrics.note_end(self.kind, outcome)

    def _run_claimed(self, claim: Claim) -> JobOutcome:
        unit = claim.unit
        lease = TrainingLease(
            self._leases, claim, lease_seconds=self._lease_seconds, shutting_down=self._shutting_down.is_set
        )
        try:
            with lease:
                result = self._execute(claim, lease)
        except TrainingCancelledError as stopped:
            log.info("%s: %s", unit, stopped)
            if not lease.lost:
                # Shutdown, not cancellation: the job is released at once, without counting an attempt.
                self._leases.postpone(claim, 0)
            return JobOutcome.STOPPED
        except EXPECTED_ERRORS as error:
            log.warning("%s failed: %s", unit, error)
            self._fail(claim, str(error))
        except Exception as error:
            log.exception("%s failed unexpectedly", unit)
            self._fail(claim, f"The trainer failed unexpectedly ({type(error).__name__}); see its log.")
        else:
            self._leases.succeed(claim, result, result.model if isinstance(result, TrainingResult) else None)
            return JobOutcome.SUCCEEDED
        return JobOutcome.FAILED

    @abstractmethod
    def _execute(self, claim: Claim, lease: TrainingLease) -> JobResult:
        """Execute the job, and check the lease regularly for cancellation.

        Raises:
            TrainingCancelledError: It was cancelled.
        """

    def _fail(self, claim: Claim, detail: str) -> None:
        self._leases.fail(claim, JobError(code=self.failed, detail=detail))
