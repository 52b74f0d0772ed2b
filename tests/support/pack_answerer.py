"""A worker's part in batches, played in a thread."""

import threading
from typing import Self

import redis

from meadow.schemas.items import ItemResult
from meadow.schemas.models import ModelRef
from meadow.schemas.queues import BATCH_QUEUE
from meadow_core.jobs import keys
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.jobs.record import text
from meadow_core.packs import read_pack
from meadow_core.settings import Settings
from meadow_core.storage.layout import pack_key, pack_results_key
from meadow_core.storage.s3 import ObjectStore


class PackAnswerer:
    """Does a worker's part: says of every image how many bytes it has, until it is stopped."""

    def __init__(self, client: "redis.Redis", settings: Settings, store: ObjectStore) -> None:
        self._redis, self._leases = client, JobLeases(client, settings)
        self._store, self._bucket = store, settings.jobs_bucket
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.answered: list[Unit] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(0.01):
            for waiting in self._redis.zrange(keys.waiting(BATCH_QUEUE), 0, 20):
                self._answer(Unit.parse(text(waiting)))

    def _answer(self, unit: Unit) -> None:
        assert unit.pack is not None
        claim = self._leases.claim_pack(unit, ModelRef(name="m", version="1", digest="d"))
        if not claim:
            return
        body = self._store.get(self._bucket, pack_key(unit.job_id, unit.pack))
        lines = [ItemResult.failure(name, "made-up", f"{len(image)} bytes") for name, image in read_pack(body)]
        answers = "".join(line.model_dump_json() + "\n" for line in lines)
        self._store.put(self._bucket, pack_results_key(unit.job_id, unit.pack), answers.encode())
        assert self._leases.finish_pack(claim, succeeded=0, failed=len(lines), classes={})
        self.answered.append(unit)
