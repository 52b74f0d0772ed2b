"""The images that wait for a person: the objects in S3, and their index in Redis."""

import hashlib
import time
from datetime import UTC, datetime
from typing import cast

import redis

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction
from meadow.schemas.review import ReviewItem, ReviewPage
from meadow_core.jobs import keys
from meadow_core.jobs.record import text
from meadow_core.review.sample import ReviewSample
from meadow_core.settings.quality import ReviewSettings
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import review_image_key, review_item_key, review_prefix
from meadow_core.storage.s3 import ObjectStore


class ReviewSet:
    """Keeps, lists and forgets them. Objects go first, then the index: what is listed is there."""

    def __init__(self, client: redis.Redis, store: ObjectStore, settings: ReviewSettings) -> None:
        self._redis = client
        self._store = store
        self._bucket = settings.images_bucket
        self._kept_seconds = settings.review_seconds
        self._sample = ReviewSample(client, settings.review_images)

    def offer(self, image: bytes, prediction: Prediction, model: ModelRef, *, job_id: str, name: str) -> bool:
        """Take an uncertain image in, if it falls into the sample; one that is there already is not taken again.

        Raises:
            StoreError: The object store failed; nothing is listed.
        """
        item = ReviewItem(
            id=hashlib.sha256(image).hexdigest(),
            created_at=datetime.now(UTC),
            prediction=prediction,
            model=model,
            job_id=job_id,
            name=name,
        )
        admission = self._sample.admit(item.id)
        if not admission.keep:
            return False
        self._store.put(self._bucket, review_image_key(item.id), image)
        self._store.put(self._bucket, review_item_key(item.id), item.model_dump_json().encode())
        self._redis.zadd(keys.REVIEWS, {item.id: item.created_at.timestamp()})
        if admission.instead_of:
            self.remove(admission.instead_of)
        return True

    def page(self, *, size: int, start: int = 0) -> ReviewPage:
        """Return items, newest first."""
        total = int(self._redis.zcard(keys.REVIEWS))
        ids = [text(raw) for raw in cast("list[bytes]", self._redis.zrevrange(keys.REVIEWS, start, start + size - 1))]
        items = [item for item in map(self.find, ids) if item]
        end = start + len(ids)
        return ReviewPage(items=items, total=total, next_page_token=str(end) if end < total else "")

    def find(self, item_id: str) -> ReviewItem | None:
        """Return an item; None when it is not there, or no more."""
        if self._redis.zscore(keys.REVIEWS, item_id) is None:
            return None
        try:
            return ReviewItem.model_validate_json(self._store.get(self._bucket, review_item_key(item_id)))
        except ObjectMissingError:
            self._redis.zrem(keys.REVIEWS, item_id)
            return None

    def image(self, item_id: str) -> bytes:
        """Return an item's image.

        Raises:
            ObjectMissingError: It is not there any more.
        """
        return self._store.get(self._bucket, review_image_key(item_id))

    def remove(self, item_id: str) -> None:
        """Forget an item; one that is not there is no error."""
        self._redis.zrem(keys.REVIEWS, item_id)
        self._store.delete(self._bucket, review_image_key(item_id))
        self._store.delete(self._bucket, review_item_key(item_id))

    def sweep(self) -> int:
        """Forget what is kept for too long, and objects that no index lists.

        Returns:
            How many items were forgotten.
        """
        oldest = time.time() - self._kept_seconds
        old = [text(raw) for raw in cast("list[bytes]", self._redis.zrangebyscore(keys.REVIEWS, 0, oldest))]
        prefix = review_prefix()
        stored = {key.removeprefix(prefix).partition("/")[0] for key in self._store.keys(self._bucket, prefix)}
        unlisted = [
            one for one in stored if self._redis.zscore(keys.REVIEWS, one) is None and self._is_old(one, oldest)
        ]
        for item in {*old, *unlisted}:
            self.remove(item)
        return len({*old, *unlisted})

    def _is_old(self, item_id: str, oldest: float) -> bool:
        """Whether an object that no index lists is not just being written."""
        try:
            item = ReviewItem.model_validate_json(self._store.get(self._bucket, review_item_key(item_id)))
        except ObjectMissingError:
            return True
        return item.created_at.timestamp() < oldest
