"""Delivering webhooks: each at least once, and again after growing pauses while its receiver does not take it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus

from redis.exceptions import RedisError

from meadow.schemas.webhook import Webhook, WebhookState
from meadow_core.webhooks.outbox import ClaimedWebhook, WebhookOutbox
from meadow_core.webhooks.sender import WebhookSender

SCHEDULE = (0.0, 5.0, 30.0, 5 * 60.0, 30 * 60.0, 2 * 3600.0)
"""Seconds before each attempt, counted from the one before it."""
CONCURRENT_CALLS = 16
POLL_SECONDS = 0.5
OUTAGE_PAUSE_SECONDS = 2.0

logger = logging.getLogger(__name__)


class WebhookDispatcher:
    """Takes webhooks from the outbox and calls. Any number of dispatchers may work at once."""

    def __init__(
        self,
        outbox: WebhookOutbox,
        caller: WebhookSender,
        *,
        schedule: Sequence[float] = SCHEDULE,
        on_attempt: Callable[[WebhookState], None] = lambda _: None,
    ) -> None:
        self._outbox = outbox
        self._caller = caller
        self._schedule = tuple(schedule)
        self._on_attempt = on_attempt

    async def run(self) -> None:
        """Deliver what is due, until cancelled. A call that is cut off is made again when its claim is over."""
        calls: set[asyncio.Task[None]] = set()
        try:
            while True:
                claimed = await self._claim(CONCURRENT_CALLS - len(calls))
                calls |= {asyncio.create_task(self._deliver(webhook)) for webhook in claimed}
                if len(calls) == CONCURRENT_CALLS:
                    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
                elif not claimed:
                    await asyncio.sleep(POLL_SECONDS)
                calls = {call for call in calls if not call.done()}
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def _claim(self, limit: int) -> list[ClaimedWebhook]:
        try:
            return await self._outbox.claim(limit)
        except RedisError as error:
            logger.warning("cannot ask for webhooks that are due: %s", error)
            await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
            return []

    async def _deliver(self, webhook: ClaimedWebhook) -> None:
        status = await self._caller.call(webhook)
        before = webhook.job.webhook
        attempts = 1 + (before.attempts if before else 0)
        state, pause = self._verdict(status, attempts)
        self._on_attempt(state)
        outcome = Webhook(state=state, attempts=attempts, last_status=status)
        try:
            await self._outbox.settle(webhook, outcome, next_after=pause)
        except RedisError as error:
            logger.warning("the webhook of %s will be called again: its outcome is not kept: %s", webhook.job.id, error)
        if state is WebhookState.FAILED:
            logger.warning("the webhook of %s is given up after %d attempts", webhook.job.id, attempts)

    def _verdict(self, status: int | None, attempts: int) -> tuple[WebhookState, float | None]:
        """Tell what an answer means, and after how many seconds to try again."""
        if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return WebhookState.DELIVERED, None
        # With 410 a receiver says that it wants no more calls.
        if status == HTTPStatus.GONE or attempts >= len(self._schedule):
            return WebhookState.FAILED, None
        return WebhookState.PENDING, self._schedule[attempts]
