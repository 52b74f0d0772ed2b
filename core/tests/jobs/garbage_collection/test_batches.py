import base64
import os
import time
from collections.abc import Callable

import pytest
import redis

from meadow_core.jobs import keys
from meadow_core.jobs.garbage_collection.batches import SLACK_SECONDS, BatchGarbage
from meadow_core.jobs.ids import MARK_BYTES
from meadow_core.settings import Settings
from meadow_core.storage.layout import batch_prefix, pack_key, pack_rejections_key, pack_results_key
from meadow_core.storage.s3 import ObjectStore


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"jobs_bucket": f"garbage-{abs(hash(request.node.nodeid)):x}"})


@pytest.fixture
def garbage(redis_client: redis.Redis, store: ObjectStore, settings: Settings) -> BatchGarbage:
    store.ensure_bucket(settings.jobs_bucket)
    return BatchGarbage(redis_client, store, settings)


@pytest.fixture
def batch(store: ObjectStore, settings: Settings) -> Callable[[float], str]:
    """Store what is kept of a batch of some age."""

    def run(age: float) -> str:
        stamp = int((time.time() - age) * 1000).to_bytes(6, "big") + os.urandom(6 + MARK_BYTES)
        batch_id = f"batch_{base64.b32hexencode(stamp).decode().lower()}"
        for number in range(2):
            for key_of in (pack_key, pack_rejections_key, pack_results_key):
                store.put(settings.jobs_bucket, key_of(batch_id, number), b"x")
        return batch_id

    return run


def test_images_and_results_go_after_the_record_of_their_batch(
    garbage: BatchGarbage,
    batch: Callable[[float], str],
    store: ObjectStore,
    settings: Settings,
    redis_client: redis.Redis,
) -> None:
    kept = settings.batch_retention_seconds + SLACK_SECONDS
    gone, young, running = batch(kept + 10), batch(kept - 60), batch(kept + 10)
    redis_client.hset(keys.job(running), "state", "running")
    stranger = "batches/not-an-id/packs/00000000.tar"
    store.put(settings.jobs_bucket, stranger, b"x")

    def stored(batch_id: str) -> int:
        return len(list(store.keys(settings.jobs_bucket, batch_prefix(batch_id))))

    assert garbage.sweep() == 1
    assert [stored(one) for one in (gone, young, running)] == [0, 6, 6]
    assert store.exists(settings.jobs_bucket, stranger)
    assert garbage.sweep() == 0
    redis_client.delete(keys.job(running))
    assert garbage.sweep() == 1
    assert stored(running) == 0
