"""The counts of answers in Redis, hour by hour: a few dozen numbers each, however many images there are."""

import time
from collections import Counter
from collections.abc import Mapping

import redis
from redis.asyncio import Redis

from meadow_core.jobs import keys
from meadow_core.jobs.record import decode_hash

HOUR_SECONDS = 3_600


def hour_of(seconds: float) -> int:
    """Number the hour of a Unix time."""
    return int(seconds // HOUR_SECONDS)


def add_counts(client: redis.Redis, version: str, counts: Mapping[str, int], *, kept_seconds: int) -> None:
    """Add counts of a model version's answers to those of this hour."""
    key = keys.answers(version, hour_of(time.time()))
    with client.pipeline(transaction=False) as pipe:
        for field, number in counts.items():
            pipe.hincrby(key, field, number)
        pipe.expire(key, kept_seconds)
        pipe.execute()


async def read_counts(client: Redis, version: str, hours: int) -> Counter[str]:
    """Sum up the counts of a model version's answers over so many hours, the current one included."""
    last = hour_of(time.time())
    async with client.pipeline(transaction=False) as pipe:
        for hour in range(last - hours + 1, last + 1):
            pipe.hgetall(keys.answers(version, hour))
        replies = await pipe.execute()
    total: Counter[str] = Counter()
    for reply in replies:
        total.update({field: int(number) for field, number in decode_hash(reply).items()})
    return total
