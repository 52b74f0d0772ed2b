"""The gateway delivers webhooks beside its requests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from meadow.webhooks.caller import WebhookCaller
from meadow.webhooks.courier import WebhookCourier
from meadow.webhooks.outbox import WebhookOutbox
from meadow.webhooks.rules import WebhookRules


@contextlib.asynccontextmanager
async def deliver_webhooks(redis: Redis, rules: WebhookRules) -> AsyncIterator[None]:
    """Deliver while this is open. Without a secret nothing is: what is due waits for a gateway that can sign it."""
    if not rules.secrets:
        yield
        return
    caller = WebhookCaller(rules)
    deliveries = asyncio.create_task(WebhookCourier(WebhookOutbox(redis), caller).run())
    try:
        yield
    finally:
        deliveries.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await deliveries
        await caller.close()
