import pytest

from meadow_core.settings import Settings
from meadow_core.storage import make_buckets as module
from meadow_core.storage.make_buckets import make_buckets
from meadow_core.storage.s3 import ObjectStore, StoreError


def test_every_bucket_of_the_settings_is_made_and_twice_does_no_harm(settings: Settings, store: ObjectStore) -> None:
    named = settings.model_copy(update={"images_bucket": "fresh-images", "jobs_bucket": "fresh-jobs"})
    for _ in range(2):
        assert make_buckets(named, store) == ["fresh-images", "models-bucket", "fresh-jobs"]
    store.check_bucket("fresh-images")
    store.check_bucket("fresh-jobs")


def test_a_server_that_never_answers_is_not_waited_for_for_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    nobody = settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:1"})
    with pytest.raises(StoreError):
        make_buckets(nobody, ObjectStore(nobody))
