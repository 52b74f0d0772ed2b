import pytest

from meadow_core.settings import Settings
from meadow_core.storage.parted_upload import PART_BYTES
from meadow_core.storage.s3 import ObjectStore, StoreError


def test_an_object_is_there_once_all_its_parts_are(store: ObjectStore, settings: Settings) -> None:
    upload = store.begin_parts(settings.jobs_bucket, "t/parts")
    upload.add(b"a" * PART_BYTES)
    upload.add(b"bcd")
    assert not store.exists(settings.jobs_bucket, "t/parts")
    upload.complete()
    assert store.get(settings.jobs_bucket, "t/parts") == b"a" * PART_BYTES + b"bcd"


def test_what_is_broken_off_leaves_nothing(store: ObjectStore, settings: Settings) -> None:
    upload = store.begin_parts(settings.jobs_bucket, "t/broken-off")
    upload.add(b"a" * PART_BYTES)
    upload.abort()
    assert not store.exists(settings.jobs_bucket, "t/broken-off")
    with pytest.raises(StoreError, match="t/broken-off"):
        upload.complete()
