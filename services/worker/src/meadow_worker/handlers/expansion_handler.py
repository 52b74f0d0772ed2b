"""Filling batches from their sources."""

import logging

import redis

from meadow.schemas.problems import ProblemCode
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.log_context import REQUEST_ID, log_context
from meadow_core.storage.s3 import StoreError
from meadow_core.tracing import span
from meadow_worker.expansion.batch_expander import BatchExpander
from meadow_worker.handlers.claiming import Claiming
from meadow_worker.handlers.postponement import Postponement
from meadow_worker.heartbeat import Heartbeat

logger = logging.getLogger(__name__)


class ExpansionHandler:
    """Adds packs to a batch from its source, for a turn; its first pack pins the model, not this."""

    def __init__(
        self,
        claiming: Claiming,
        postponement: Postponement,
        leases: JobLeases,
        expander: BatchExpander,
        heartbeats: Heartbeat,
    ) -> None:
        self._claiming = claiming
        self._postponement = postponement
        self._leases = leases
        self._expander = expander
        self._heartbeats = heartbeats

    def handle(self, unit: Unit) -> None:
        """Claim the batch, if it is still to be filled, and read on in its source."""
        with self._claiming.claimed(lambda: self._leases.claim(unit)) as claim:
            if claim:
                self._expand_batch(claim)

    def _expand_batch(self, claim: Claim) -> None:
        unit = claim.unit
        with (
            self._heartbeats.holding(claim),
            log_context(job=unit.job_id, request_id=claim.record.get(REQUEST_ID)),
            span("fill a batch", claim.record, {"meadow.job": unit.job_id}),
        ):
            try:
                self._expander.expand(claim)
            except StoreError as error:
                self._postponement.postpone(claim, error)
            except redis.RedisError:
                # Nothing can be written down now; the lease runs out, and another attempt goes on.
                raise
            except Exception:
                logger.exception("failed to fill %s", unit)
                detail = "The worker failed on the batch's source. Its log has the reason under the batch's id."
                self._postponement.fail(claim, ProblemCode.INTERNAL, detail)
