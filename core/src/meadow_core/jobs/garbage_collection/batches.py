"""Packs and results of batches whose record is past its retention: deleted within hours."""

import time
from collections.abc import Iterator

import redis

from meadow_core.jobs import keys
from meadow_core.jobs.ids import made_at
from meadow_core.settings.services import ServiceSettings
from meadow_core.storage.layout import batch_prefix, batches_prefix
from meadow_core.storage.s3 import ObjectStore

SLACK_SECONDS = 3_600.0
"""For what a gateway or a worker still stores of a batch that has just gone."""


class BatchGarbage:
    """Finds and deletes them, young ones left out, by their ids, which tell their age; any number may run at once."""

    def __init__(self, client: redis.Redis, store: ObjectStore, settings: ServiceSettings) -> None:
        self._redis = client
        self._store = store
        self._bucket = settings.jobs_bucket
        self._kept_seconds = settings.batch_retention_seconds + SLACK_SECONDS

    def sweep(self) -> int:
        """Delete what no batch's record leads to any more.

        Returns:
            Of how many batches something was deleted.

        Raises:
            StoreError: The object store does not answer.
            redis.RedisError: Redis does not.
        """
        gone = [batch_id for batch_id in self._old() if not self._redis.exists(keys.job(batch_id))]
        for batch_id in gone:
            self._store.delete_prefix(self._bucket, batch_prefix(batch_id))
        return len(gone)

    def _old(self) -> Iterator[str]:
        oldest = time.time() - self._kept_seconds
        prefix = batches_prefix()
        for folder in self._store.folders(self._bucket, prefix):
            batch_id = folder.removeprefix(prefix).removesuffix("/")
            if made_at(batch_id) < oldest:
                yield batch_id
