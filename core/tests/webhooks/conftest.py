import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

import pytest
from redis.asyncio import Redis

from fake_gateway import ScriptedServer
from meadow_core.background import running_beside
from meadow_core.net.public_addresses import PublicAddresses, Resolver, parse_networks, resolve_by_system
from meadow_core.settings import Settings
from meadow_core.webhooks.dispatcher import WebhookDispatcher
from meadow_core.webhooks.outbox import WebhookOutbox
from meadow_core.webhooks.rules import WebhookRules
from meadow_core.webhooks.sender import WebhookSender
from meadow_core.webhooks.signatures import WebhookSecrets
from webhook_desk import KEY, Desk

SHORT = (0.0, 0.05, 0.05)

Dispatchers = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
def receiver() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
async def async_redis(settings: Settings) -> AsyncIterator[Redis]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield client


@pytest.fixture
def desk(async_redis: Redis, settings: Settings) -> Desk:
    return Desk(async_redis, settings)


@pytest.fixture
def make_dispatcher(async_redis: Redis) -> Dispatchers:
    """Run dispatchers that may reach loopback, with a schedule of fractions of a second."""

    @contextlib.asynccontextmanager
    async def running(
        *,
        schedule: tuple[float, ...] = SHORT,
        networks: str = "127.0.0.0/8",
        resolver: Resolver = resolve_by_system,
        seconds: float = 5.0,
        claim_seconds: float = 30.0,
    ) -> AsyncIterator[None]:
        rules = WebhookRules(WebhookSecrets([KEY]), PublicAddresses(parse_networks(networks), resolver=resolver))
        caller = WebhookSender(rules, seconds=seconds)
        dispatcher = WebhookDispatcher(
            WebhookOutbox(async_redis, claim_seconds=claim_seconds), caller, schedule=schedule
        )
        async with running_beside(dispatcher.run()):
            yield
        await caller.close()

    return running
