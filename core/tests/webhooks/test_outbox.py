import asyncio

import redis
from redis.asyncio import Redis

from meadow.schemas.webhook import Webhook, WebhookState
from meadow_core.jobs import keys
from meadow_core.webhooks.outbox import WebhookOutbox
from webhook_desk import Desk

URL = "http://receiver.example/"
DELIVERED = Webhook(state=WebhookState.DELIVERED, attempts=1, last_status=204)


async def test_a_webhook_is_due_as_soon_as_its_job_has_ended_and_not_before(desk: Desk, async_redis: Redis) -> None:
    outbox = WebhookOutbox(async_redis)
    job = await desk.open_one(URL)
    assert await outbox.claim(10) == []
    assert (await desk.webhook(job)).state is WebhookState.PENDING
    ended = await desk.end_one(URL)
    (claimed,) = await outbox.claim(10)
    assert (claimed.url, claimed.job.id, claimed.job.state) == (URL, ended.id, "cancelled")


async def test_the_same_webhook_is_never_claimed_twice_at_a_time(desk: Desk, async_redis: Redis) -> None:
    jobs = {(await desk.end_one(URL)).id for _ in range(30)}
    rounds = await asyncio.gather(*(WebhookOutbox(async_redis).claim(3) for _ in range(20)))
    claimed = [webhook.job.id for taken in rounds for webhook in taken]
    assert sorted(claimed) == sorted(jobs)


async def test_a_claim_that_came_to_nothing_runs_out(desk: Desk, async_redis: Redis) -> None:
    outbox = WebhookOutbox(async_redis, claim_seconds=0.1)
    await desk.end_one(URL)
    (first,) = await outbox.claim(10)
    assert await outbox.claim(10) == []
    await asyncio.sleep(0.12)
    (second,) = await outbox.claim(10)
    assert second.job == first.job
    # Whoever was slow can no longer say how it went.
    assert not await outbox.settle(first, DELIVERED, next_after=None)
    assert await outbox.settle(second, DELIVERED, next_after=None)


async def test_an_outcome_is_in_the_job_and_another_attempt_waits_its_time(desk: Desk, async_redis: Redis) -> None:
    outbox = WebhookOutbox(async_redis)
    job = await desk.end_one(URL)
    (claimed,) = await outbox.claim(10)
    refused = Webhook(state=WebhookState.PENDING, attempts=1, last_status=503)
    assert await outbox.settle(claimed, refused, next_after=0.1)
    assert await desk.webhook(job) == refused
    assert await outbox.claim(10) == []
    await asyncio.sleep(0.12)
    (again,) = await outbox.claim(10)
    assert again.job.webhook == refused
    assert await outbox.settle(again, DELIVERED, next_after=None)
    assert await async_redis.zcard(keys.WEBHOOKS) == 0


async def test_a_job_past_its_retention_leaves_nothing_behind(
    desk: Desk, async_redis: Redis, redis_client: redis.Redis
) -> None:
    outbox = WebhookOutbox(async_redis)
    before, during = await desk.end_one(URL), await desk.end_one(URL)
    redis_client.delete(keys.job(before.id))
    (claimed,) = await outbox.claim(10)
    assert claimed.job.id == during.id
    redis_client.delete(keys.job(during.id))
    assert await outbox.settle(claimed, DELIVERED, next_after=None)
    assert not redis_client.exists(keys.job(during.id), keys.WEBHOOKS)
