"""What every worker host deletes once nobody needs it, of each kind."""

import redis

from meadow_core.jobs.garbage_collection.batches import BatchGarbage
from meadow_core.jobs.garbage_collection.explanations import ExplanationGarbage
from meadow_core.jobs.garbage_collection.uploads import UploadGarbage
from meadow_core.review.review_set import ReviewSet
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.background import GarbageCollector


def garbage_collectors(
    client: redis.Redis, store: ObjectStore, settings: WorkerSettings
) -> tuple[GarbageCollector, ...]:
    """Return what finds and deletes them."""
    return (
        UploadGarbage(client, store, settings),
        BatchGarbage(client, store, settings),
        ExplanationGarbage(store, settings),
        ReviewSet(client, store, settings),
    )
