"""Which uncertain images are kept: all while there is room, then an even sample of the day's.

Reservoir sampling (Vitter 1985, algorithm R), a day at a time: of the n uncertain images that a day has had so far,
each is kept with the same probability. What is kept makes room by chance too, so neither the first nor the last hour
of a day is overrepresented.
"""

import random
import time
from dataclasses import dataclass
from typing import cast

import redis

from meadow_core.jobs import keys
from meadow_core.jobs.record import text

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Admission:
    """What is to be done about an image."""

    keep: bool
    instead_of: str = ""
    """An item that has to go for it; empty when there is room."""


class ReviewSample:
    """Decides; safe to be asked by many processes, whose decisions may overlap by a few images."""

    def __init__(self, client: redis.Redis, limit: int, *, chance: random.Random | None = None) -> None:
        self._redis = client
        self._limit = limit
        self._chance = chance or random.Random()  # noqa: S311 - a sample, no secret

    def admit(self, item: str) -> Admission:
        """Decide about one more uncertain image, and count it."""
        if self._limit == 0 or self._redis.zscore(keys.REVIEWS, item) is not None:
            return Admission(keep=False)
        counter = keys.review_seen(int(time.time() // DAY_SECONDS))
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.incr(counter)
            pipe.expire(counter, 2 * DAY_SECONDS)
            pipe.zcard(keys.REVIEWS)
            seen, _, held = pipe.execute()
        if held < self._limit:
            return Admission(keep=True)
        if self._chance.random() * max(int(seen), self._limit) >= self._limit:
            return Admission(keep=False)
        leaving = cast("list[bytes]", self._redis.zrandmember(keys.REVIEWS, 1))
        return Admission(keep=True, instead_of=text(leaving[0]) if leaving else "")
