"""A batch that fills itself, with a test as its worker."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import Self

import redis
from redis.asyncio import Redis

from meadow.schemas.jobs import Job, JobError, JobKind
from meadow.schemas.queues import BATCH_QUEUE
from meadow.schemas.sources import Source
from meadow_core.jobs import keys
from meadow_core.jobs.expansion import BatchExpansion
from meadow_core.jobs.ids import JobIds
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import Claim, JobLeases
from meadow_core.jobs.record import decode_hash
from meadow_core.jobs.submissions import JobSubmissions
from meadow_core.settings import Settings
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.expansion.batch_expander import BatchExpander
from meadow_worker.pack_reader import PackImage, PackReader

IDS = JobIds(b"secret")
TURNS = 1000


@dataclass(frozen=True)
class ExpandedBatch:
    """A batch with a source."""

    id: str
    client: "redis.Redis"
    settings: Settings
    store: ObjectStore

    @classmethod
    def accept(cls, client: "redis.Redis", settings: Settings, store: ObjectStore, source: Source) -> Self:
        """Accept it as the gateway does."""

        async def submit() -> str:
            async with Redis.from_url(settings.redis_url.get_secret_value()) as connection:
                submissions = JobSubmissions(connection, settings, IDS)
                fields: dict[str, str | int] = {"source": source.model_dump_json()}
                return (await submissions.submit(JobKind.BATCH, fields=fields)).job_id

        return cls(asyncio.run(submit()), client, settings, store)

    @property
    def record(self) -> dict[str, str]:
        """Its hash."""
        return decode_hash(self.client.hgetall(keys.job(self.id)))

    @property
    def error(self) -> JobError | None:
        """Why it failed."""
        return JobError.model_validate_json(self.record["error"]) if "error" in self.record else None

    def job(self) -> Job:
        """What clients see of it."""

        async def read() -> Job:
            async with Redis.from_url(self.settings.redis_url.get_secret_value()) as connection:
                return await JobSubmissions(connection, self.settings, IDS).read(self.id)

        return asyncio.run(read())

    def claim(self) -> Claim | None:
        """Take it, as the worker that a message came to."""
        return JobLeases(self.client, self.settings).claim(Unit(self.id))

    def expander(self, **parts: object) -> BatchExpander:
        """Make a expander whose turns last as long as is said."""
        leases, expansion = JobLeases(self.client, self.settings), BatchExpansion(self.client, self.settings)
        made: dict[str, object] = {"store": self.store, "leases": leases, "expansion": expansion, **parts}
        return BatchExpander(settings=self.settings, **made)  # type: ignore[arg-type]

    def expand(self, expander: BatchExpander | None = None) -> int:
        """Fill it to its end; returns how many turns that took."""
        for turn in range(TURNS):
            claim = self.claim()
            if claim is None:
                return turn
            (expander or self.expander()).expand(claim)
        raise AssertionError("it is never filled")

    def lose_worker(self) -> None:
        """End its lease, as time does when a worker is dead."""
        self.client.zadd(keys.LEASES, {self.id: 0}, xx=True)

    def packs(self) -> list[list[PackImage]]:
        """What a worker reads of each pack that was added."""
        reader = PackReader(self.store, self.settings)
        record = self.record
        count = int(record.get("packs_added", 0))
        return [list(reader.read(Claim(Unit(self.id, number), 1, record))) for number in range(count)]

    def images(self) -> dict[str, bytes | str]:
        """Name to bytes, or to the detail of the failure; fails on names that come twice."""
        found = [image for pack in self.packs() for image in pack]
        read = {name: body.detail if isinstance(body, JobError) else body for name, body in found}
        assert len(read) == len(found), [name for name, _ in found]
        return read

    def messages(self) -> Counter[str]:
        """How many messages each unit has in the queue."""
        return Counter(json.loads(body)["headers"]["id"] for body in self.client.lrange(BATCH_QUEUE, 0, -1))

    def has_upload(self, upload_id: str) -> bool:
        """Whether what it was filled from is still there."""
        return self.store.exists(self.settings.jobs_bucket, upload_key(upload_id))
