"""The webhooks that are still to be delivered.

The script that ends a job puts it here, so no crash can come between the two. Whoever delivers claims a webhook by
moving the time at which it is due: if they die, it is due again when the claim is over.
"""

import logging
from dataclasses import dataclass

from redis.asyncio import Redis

from meadow.schemas.jobs import Job
from meadow.schemas.webhook import Webhook
from meadow_core.jobs import keys
from meadow_core.jobs.fields import JobField
from meadow_core.jobs.record import decode_hash, text, to_job
from meadow_core.jobs.scripts import load_script

CLAIM_SECONDS = 30.0
"""Longer than an attempt may take."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClaimedWebhook:
    """A call to make, held by this process for one attempt."""

    url: str
    job: Job
    claim: str
    """When the claim ends, as Redis writes it: the token that the attempt is recorded with."""


class WebhookOutbox:
    """Hands out webhooks that are due, each to one taker at a time."""

    def __init__(self, client: Redis, *, claim_seconds: float = CLAIM_SECONDS) -> None:
        self._redis = client
        self._claim_seconds = claim_seconds
        self._claim = client.register_script(load_script("claim_webhooks"))
        self._settle = client.register_script(load_script("settle_webhook"))

    async def claim(self, limit: int) -> list[ClaimedWebhook]:
        """Take up to `limit` webhooks that are due."""
        claim, due = await self._claim([keys.WEBHOOKS], [self._claim_seconds, limit])
        claimed = [await self._read(text(job_id), text(claim)) for job_id in due]
        return [webhook for webhook in claimed if webhook is not None]

    async def settle(self, webhook: ClaimedWebhook, outcome: Webhook, *, next_after: float | None) -> bool:
        """Record an attempt; with `next_after`, another is due after so many seconds.

        Returns:
            False when the claim had run out, so that the attempt was not recorded.
        """
        job_id = webhook.job.id
        arguments: list[str | int | float] = [
            job_id,
            webhook.claim,
            outcome.state.value,
            outcome.attempts,
            "" if outcome.last_status is None else outcome.last_status,
            "" if next_after is None else next_after,
        ]
        return bool(await self._settle([keys.job(job_id), keys.WEBHOOKS], arguments))

    async def _read(self, job_id: str, claim: str) -> ClaimedWebhook | None:
        record = decode_hash(await self._redis.hgetall(keys.job(job_id)))
        if not record:
            logger.warning("the webhook of %s is given up: the job is past its retention", job_id)
            await self._redis.zrem(keys.WEBHOOKS, job_id)
            return None
        return ClaimedWebhook(record[JobField.WEBHOOK_URL], to_job(record), claim)
