"""What every worker host deletes once nobody needs it, of each kind."""

import redis

from meadow.jobs.leftover_batches import LeftoverBatches
from meadow.jobs.leftover_explanations import LeftoverExplanations
from meadow.jobs.leftover_uploads import LeftoverUploads
from meadow.review.review_set import ReviewSet
from meadow.settings import Settings
from meadow.storage.s3 import ObjectStore
from meadow_worker.background import Leftovers


def all_leftovers(client: redis.Redis, store: ObjectStore, settings: Settings) -> tuple[Leftovers, ...]:
    """Return what finds and deletes them."""
    return (
        LeftoverUploads(client, store, settings),
        LeftoverBatches(client, store, settings),
        LeftoverExplanations(store, settings),
        ReviewSet(client, store, settings),
    )
