"""What is left to do, beside the queues: counted for people who watch."""

from dataclasses import dataclass

from redis.asyncio import Redis

from meadow_core.jobs import keys


@dataclass(frozen=True)
class Backlog:
    """Counts of things that wait, or are in somebody's hands."""

    leased: int
    """Units of work that a worker holds."""
    webhooks: int
    """Webhooks that are not settled."""
    reviews: int
    """Uncertain images that wait for a person."""
    kept_bytes: int
    """Bytes of the images of answered jobs."""
    redis_used_bytes: int
    redis_max_bytes: int
    """0 without a limit."""


async def read_backlog(client: Redis) -> Backlog:
    """Count, in one round trip: each of these is a number that Redis has at hand."""
    async with client.pipeline(transaction=False) as pipe:
        pipe.zcard(keys.LEASES)
        pipe.zcard(keys.WEBHOOKS)
        pipe.zcard(keys.REVIEWS)
        pipe.get(keys.KEPT_BYTES)
        pipe.info("memory")
        leased, webhooks, reviews, kept, memory = await pipe.execute()
    return Backlog(
        leased=leased,
        webhooks=webhooks,
        reviews=reviews,
        kept_bytes=int(kept or 0),
        redis_used_bytes=int(memory["used_memory"]),
        redis_max_bytes=int(memory.get("maxmemory", 0)),
    )
