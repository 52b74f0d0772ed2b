"""A batch over real stores, filled by a test that is its own worker."""

from collections.abc import Callable

import pytest
import redis

from expanded_batch import IDS, ExpandedBatch
from meadow.schemas.sources import Source, ZipSource
from meadow_core.settings import Settings
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore

MAX_IMAGE_BYTES = 100_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_image_bytes": MAX_IMAGE_BYTES})


@pytest.fixture
def open_batch(redis_client: redis.Redis, settings: Settings, store: ObjectStore) -> Callable[..., ExpandedBatch]:
    """Accept batches as the gateway does."""

    def run(source: Source, **changes: object) -> ExpandedBatch:
        return ExpandedBatch.accept(redis_client, settings.model_copy(update=changes), store, source)

    return run


@pytest.fixture
def upload(settings: Settings, store: ObjectStore) -> Callable[[bytes], str]:
    """Put a file where clients upload it."""

    def run(body: bytes) -> str:
        upload_id = IDS.new_upload()
        store.put(settings.jobs_bucket, upload_key(upload_id), body)
        return upload_id

    return run


@pytest.fixture
def open_zip(upload: Callable[[bytes], str], open_batch: Callable[..., ExpandedBatch]) -> Callable[..., ExpandedBatch]:
    return lambda body, **changes: open_batch(ZipSource(upload_id=upload(body)), **changes)
