import base64

import pytest
import redis

from meadow_core.jobs.ids import ID_BYTES
from meadow_core.settings import Settings
from meadow_core.storage.layout import explanation_map_key, pack_key, pack_results_key, upload_key
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.garbage_collection import garbage_collectors


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"jobs_bucket": "worker-leftovers", "images_bucket": "worker-leftovers"})


def test_nothing_of_an_old_job_is_left_in_the_store(
    redis_client: redis.Redis, store: ObjectStore, settings: Settings
) -> None:
    bucket = settings.jobs_bucket
    store.ensure_bucket(bucket)
    made_in_1970 = base64.b32hexencode(bytes(ID_BYTES)).decode().lower()
    batch_id = f"batch_{made_in_1970}"
    for key in (
        pack_key(batch_id, 0),
        pack_results_key(batch_id, 0),
        explanation_map_key(f"job_{made_in_1970}"),
        upload_key(f"upload_{made_in_1970}"),
    ):
        store.put(bucket, key, b"x")
    for collector in garbage_collectors(redis_client, store, settings):
        collector.sweep()
    assert list(store.keys(bucket, "")) == []
