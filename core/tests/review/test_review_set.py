import random
import time

import pytest
import redis

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_core.jobs import keys
from meadow_core.jobs.record import text
from meadow_core.review.review_set import ReviewSet
from meadow_core.review.sample import ReviewSample
from meadow_core.settings import Settings
from meadow_core.storage.errors import ObjectMissingError
from meadow_core.storage.layout import review_prefix
from meadow_core.storage.s3 import ObjectStore

MODEL = ModelRef(name="m", version="3", digest="d")
UNSURE = Prediction(
    label="grass",
    decision=Decision.UNSURE,
    scores=[Score(label="grass", probability=0.6)],
    width=1,
    height=1,
    infer_ms=1,
)


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    own = f"review-{abs(hash(request.node.nodeid)):x}"
    return settings.model_copy(update={"images_bucket": own, "review_images": 3, "review_seconds": 60})


@pytest.fixture
def reviews(redis_client: redis.Redis, store: ObjectStore, settings: Settings) -> ReviewSet:
    store.ensure_bucket(settings.images_bucket)
    return ReviewSet(redis_client, store, settings)


def offer(reviews: ReviewSet, image: bytes) -> bool:
    return reviews.offer(image, UNSURE, MODEL, job_id="job_1", name="lawn.jpg")


def test_an_uncertain_image_is_kept_once_with_what_the_model_said(reviews: ReviewSet) -> None:
    assert offer(reviews, b"one")
    assert not offer(reviews, b"one")
    [item] = reviews.page(size=10).items
    assert (item.prediction, item.model, item.job_id, item.name) == (UNSURE, MODEL, "job_1", "lawn.jpg")
    assert reviews.image(item.id) == b"one"


def test_the_set_never_grows_beyond_its_limit(reviews: ReviewSet, store: ObjectStore, settings: Settings) -> None:
    for number in range(12):
        offer(reviews, b"%d" % number)
    page = reviews.page(size=10)
    assert (page.total, len(page.items), page.next_page_token) == (3, 3, "")
    assert len(list(store.keys(settings.images_bucket, review_prefix()))) == 6


@pytest.mark.slow
def test_what_is_kept_is_an_even_sample_of_the_day(redis_client: redis.Redis) -> None:
    kept = [0] * 40
    for seed in range(300):
        redis_client.flushall()
        sample = ReviewSample(redis_client, 10, chance=random.Random(seed))  # noqa: S311 - a sample
        for number in range(40):
            admission = sample.admit(str(number))
            if admission.instead_of:
                redis_client.zrem(keys.REVIEWS, admission.instead_of)
            if admission.keep:
                redis_client.zadd(keys.REVIEWS, {str(number): number})
        for item in redis_client.zrange(keys.REVIEWS, 0, -1):
            kept[int(text(item))] += 1
    early, late = sum(kept[:20]), sum(kept[20:])
    assert early + late == 300 * 10
    assert abs(early - late) < 300  # five standard deviations of an even draw


def test_pages_go_from_the_newest_to_the_oldest(reviews: ReviewSet) -> None:
    for image in (b"a", b"b", b"c"):
        offer(reviews, image)
        time.sleep(0.002)
    first = reviews.page(size=2)
    second = reviews.page(size=2, start=int(first.next_page_token))
    bodies = [reviews.image(item.id) for item in (*first.items, *second.items)]
    assert bodies == [b"c", b"b", b"a"]


def test_what_is_forgotten_is_gone(reviews: ReviewSet) -> None:
    offer(reviews, b"one")
    [item] = reviews.page(size=1).items
    reviews.remove(item.id)
    reviews.remove(item.id)
    assert reviews.find(item.id) is None
    with pytest.raises(ObjectMissingError):
        reviews.image(item.id)


def test_what_is_old_is_swept_and_what_is_new_stays(
    reviews: ReviewSet, redis_client: redis.Redis, store: ObjectStore, settings: Settings
) -> None:
    offer(reviews, b"old")
    offer(reviews, b"new")
    old = next(item.id for item in reviews.page(size=2).items if reviews.image(item.id) == b"old")
    redis_client.zadd(keys.REVIEWS, {old: time.time() - 61})
    store.put(settings.images_bucket, f"{review_prefix()}{'0' * 64}/image", b"left over")
    assert reviews.sweep() == 2
    assert [reviews.image(item.id) for item in reviews.page(size=5).items] == [b"new"]
    assert len(list(store.keys(settings.images_bucket, review_prefix()))) == 2
