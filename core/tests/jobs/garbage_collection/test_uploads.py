import base64
import os
import time
from collections.abc import Callable

import pytest
import redis

from meadow.schemas.sources import PrefixSource, ZipSource
from meadow_core.jobs import keys
from meadow_core.jobs.garbage_collection.uploads import KEPT_SECONDS, UploadGarbage
from meadow_core.jobs.ids import MARK_BYTES
from meadow_core.settings import Settings
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore

OLD = KEPT_SECONDS + 3_600 + 10
YOUNG = KEPT_SECONDS + 3_600 - 60


@pytest.fixture
def garbage(redis_client: redis.Redis, store: ObjectStore, settings: Settings) -> UploadGarbage:
    return UploadGarbage(redis_client, store, settings)


@pytest.fixture
def upload(store: ObjectStore, settings: Settings) -> Callable[[float], str]:
    """Store an upload of some age."""

    def run(age: float) -> str:
        stamp = int((time.time() - age) * 1000).to_bytes(6, "big") + os.urandom(6 + MARK_BYTES)
        upload_id = f"upload_{base64.b32hexencode(stamp).decode().lower()}"
        store.put(settings.jobs_bucket, upload_key(upload_id), b"zip")
        return upload_id

    return run


@pytest.fixture
def is_there(store: ObjectStore, settings: Settings) -> Callable[[str], bool]:
    return lambda upload_id: store.exists(settings.jobs_bucket, upload_key(upload_id))


def add_batch(client: redis.Redis, name: str, state: str, source: str) -> None:
    client.hset(keys.job(name), mapping={"state": state, "source": source})
    client.zadd(keys.JOB_INDEX, {name: 1})


def test_what_no_batch_was_made_of_is_deleted_after_a_day(
    garbage: UploadGarbage,
    upload: Callable[[float], str],
    is_there: Callable[[str], bool],
    store: ObjectStore,
    settings: Settings,
) -> None:
    old, young, new = upload(OLD), upload(YOUNG), upload(0)
    store.put(settings.jobs_bucket, upload_key("not-an-id"), b"")
    garbage.sweep()
    assert [is_there(one) for one in (old, young, new, "not-an-id")] == [False, True, True, True]
    assert garbage.sweep() == 0


def test_what_a_batch_is_still_filled_from_stays(
    garbage: UploadGarbage,
    upload: Callable[[float], str],
    is_there: Callable[[str], bool],
    redis_client: redis.Redis,
) -> None:
    waiting, running, cancelled = upload(OLD), upload(OLD), upload(OLD)
    for upload_id, state in ((waiting, "queued"), (running, "running"), (cancelled, "cancelled")):
        add_batch(redis_client, f"batch_{state}", state, ZipSource(upload_id=upload_id).model_dump_json())
    add_batch(redis_client, "batch_prefix", "running", PrefixSource(uri="s3://a/b").model_dump_json())
    redis_client.zadd(keys.JOB_INDEX, {"batch_gone": 1, "job_1": 1})
    assert garbage.sweep() == 1
    assert [is_there(one) for one in (waiting, running, cancelled)] == [True, True, False]
