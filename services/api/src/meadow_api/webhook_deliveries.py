"""The gateway delivers webhooks beside its requests."""

import contextlib
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from meadow.schemas.webhook import WebhookState
from meadow_api.metrics import GatewayMetrics
from meadow_core.background import running_beside
from meadow_core.webhooks.dispatcher import WebhookDispatcher
from meadow_core.webhooks.outbox import WebhookOutbox
from meadow_core.webhooks.rules import WebhookRules
from meadow_core.webhooks.sender import WebhookSender


@contextlib.asynccontextmanager
async def deliver_webhooks(redis: Redis, rules: WebhookRules, metrics: GatewayMetrics) -> AsyncIterator[None]:
    """Deliver while this is open. Without a secret nothing is: what is due waits for a gateway that can sign it."""
    if not rules.secrets:
        yield
        return
    caller = WebhookSender(rules)

    def count(state: WebhookState) -> None:
        metrics.webhook_attempts.labels(state.value).inc()

    try:
        async with running_beside(WebhookDispatcher(WebhookOutbox(redis), caller, on_attempt=count).run()):
            yield
    finally:
        await caller.close()
