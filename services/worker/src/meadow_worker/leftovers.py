"""What every worker host deletes once nobody needs it, of each kind."""

import redis

from meadow_core.jobs.leftover_batches import LeftoverBatches
from meadow_core.jobs.leftover_explanations import LeftoverExplanations
from meadow_core.jobs.leftover_uploads import LeftoverUploads
from meadow_core.review.review_set import ReviewSet
from meadow_core.settings.services import WorkerSettings
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.background import Leftovers


def all_leftovers(client: redis.Redis, store: ObjectStore, settings: WorkerSettings) -> tuple[Leftovers, ...]:
    """Return what finds and deletes them."""
    return (
        LeftoverUploads(client, store, settings),
        LeftoverBatches(client, store, settings),
        LeftoverExplanations(store, settings),
        ReviewSet(client, store, settings),
    )
