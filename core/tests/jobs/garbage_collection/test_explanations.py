import base64
import os
import time
from collections.abc import Callable

import pytest

from meadow_core.jobs.garbage_collection.explanations import SLACK_SECONDS, ExplanationGarbage
from meadow_core.jobs.ids import MARK_BYTES
from meadow_core.settings import Settings
from meadow_core.storage.layout import explanation_image_key, explanation_map_key
from meadow_core.storage.s3 import ObjectStore


@pytest.fixture
def explain(store: ObjectStore, settings: Settings) -> Callable[[float], str]:
    """Store the explanation of a job of some age."""

    def run(age: float) -> str:
        stamp = int((time.time() - age) * 1000).to_bytes(6, "big") + os.urandom(6 + MARK_BYTES)
        job_id = f"job_{base64.b32hexencode(stamp).decode().lower()}"
        for key in (explanation_image_key(job_id), explanation_map_key(job_id)):
            store.put(settings.jobs_bucket, key, b"x")
        return job_id

    return run


def test_explanations_go_after_the_records_of_their_jobs(
    explain: Callable[[float], str], store: ObjectStore, settings: Settings
) -> None:
    kept = settings.job_deadline_seconds + settings.job_retention_seconds + SLACK_SECONDS
    old, young = explain(kept + 10), explain(kept - 60)
    stranger = "explanations/not-an-id/map.json"
    store.put(settings.jobs_bucket, stranger, b"x")
    garbage = ExplanationGarbage(store, settings)
    assert garbage.sweep() >= 2
    bucket = settings.jobs_bucket
    assert not store.exists(bucket, explanation_image_key(old))
    assert not store.exists(bucket, explanation_map_key(old))
    assert store.exists(bucket, explanation_image_key(young))
    assert store.exists(bucket, explanation_map_key(young))
    assert store.exists(bucket, stranger)
    assert garbage.sweep() == 0
