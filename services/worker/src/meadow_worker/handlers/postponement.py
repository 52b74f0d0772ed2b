"""Putting a batch's work off while a part is down, and failing the batch where that helps no more."""

import logging

from meadow.schemas.jobs import JobError
from meadow.schemas.problems import ProblemCode
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_worker.metrics import WorkerMetrics

POSTPONE_SECONDS = 5.0
PATIENCE_SECONDS = 86_400.0
"""For how long a unit is postponed again and again: what has been away for so long may never come back."""

logger = logging.getLogger(__name__)


class Postponement:
    """Postpones and fails claimed packs and batches."""

    def __init__(self, leases: JobLeases, metrics: WorkerMetrics) -> None:
        self._leases = leases
        self._metrics = metrics

    def postpone(self, claim: Claim, error: Exception) -> None:
        """Come back to a unit in some seconds, unless that has gone on for too long."""
        if self._leases.postponed_seconds(claim) > PATIENCE_SECONDS:
            logger.error("failed %s, which was postponed for too long: %s", claim.unit, error)
            detail = f"The batch could not go on for {PATIENCE_SECONDS / 3600:.0f} hours: {error}"
            self.fail(claim, ProblemCode.UNAVAILABLE, detail)
            return
        logger.warning("postponed %s: %s", claim.unit, error)
        self._metrics.postponed.inc()
        self._leases.postpone(claim, POSTPONE_SECONDS)

    def fail(self, claim: Claim, code: ProblemCode, detail: str) -> None:
        """Fail a batch, be it for its source or for one of its packs."""
        end = self._leases.fail if claim.unit.pack is None else self._leases.fail_batch
        end(claim, JobError(code=code, detail=detail))
