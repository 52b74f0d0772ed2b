import time
from collections.abc import Callable

import pytest
import redis

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_core.jobs import keys
from meadow_core.jobs.record import decode_hash
from meadow_core.quality.window import hour_of
from meadow_core.review.review_set import ReviewSet
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.packs import classify_images
from meadow_worker.prediction_monitor import MOST_WAITING, PredictionMonitor
from meadow_worker.served_model import ServedModel

MODEL = ModelRef(name="m", version="3", digest="d")


def answer(decision: Decision = Decision.CONFIDENT) -> Prediction:
    scores = [Score(label="grass", probability=0.8)]
    return Prediction(label="grass", decision=decision, scores=scores, ood_score=0.45, width=1, height=1, infer_ms=1)


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"images_bucket": f"watch-{abs(hash(request.node.nodeid)):x}"})


@pytest.fixture
def watch(redis_client: redis.Redis, store: ObjectStore, settings: Settings) -> PredictionMonitor:
    store.ensure_bucket(settings.images_bucket)
    return PredictionMonitor(redis_client, store, settings)


def counts(client: redis.Redis) -> dict[str, str]:
    return decode_hash(client.hgetall(keys.answers("3", hour_of(time.time()))))


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_answers_are_counted_by_class_confidence_and_input(watch: PredictionMonitor, redis_client: redis.Redis) -> None:
    for _ in range(3):
        watch.note(answer(), MODEL, b"", job_id="job_1", name="")
    watch.flush()
    assert counts(redis_client) == {
        "predictions:grass": "3",
        "confidence:4": "3",
        "decisions:confident": "3",
        "input:2": "3",
    }


def test_counts_stay_here_while_redis_is_away(
    watch: PredictionMonitor, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise redis.ConnectionError("away")

    watch.note(answer(), MODEL, b"", job_id="job_1", name="")
    with monkeypatch.context() as away:
        away.setattr("meadow_worker.prediction_monitor.add_counts", fail)
        watch.flush()
    assert counts(redis_client) == {}
    watch.stop()
    assert counts(redis_client)["predictions:grass"] == "1"


def test_only_uncertain_images_are_kept_for_review(
    watch: PredictionMonitor, redis_client: redis.Redis, store: ObjectStore, settings: Settings
) -> None:
    for place, decision in enumerate((Decision.CONFIDENT, Decision.UNSURE, Decision.UNKNOWN)):
        watch.note(answer(decision), MODEL, b"%d" % place, job_id="job_1", name=f"{place}.jpg")
    watch.start()
    reviews = ReviewSet(redis_client, store, settings)
    wait(lambda: reviews.page(size=10).total == 2)
    watch.stop()
    assert {item.name for item in reviews.page(size=10).items} == {"1.jpg", "2.jpg"}


def test_more_uncertain_images_than_there_is_room_for_slow_nothing_down(watch: PredictionMonitor) -> None:
    began = time.monotonic()
    for _ in range(10 * MOST_WAITING):
        watch.note(answer(Decision.UNSURE), MODEL, b"x", job_id="job_1", name="")
    assert time.monotonic() - began < 10


def test_a_pack_tells_of_every_answer_with_its_image(model: ServedModel, images: list[bytes]) -> None:
    told: list[tuple[str, bytes, str]] = []
    pack = [("a", images[0]), ("broken", b"no image"), ("b", images[1])]
    outcome = classify_images(iter(pack), model, lambda name, body, said: told.append((name, body, said.label)))
    labels = {result.item: result.prediction.label for result in outcome.results if result.prediction}
    assert told == [("a", images[0], labels["a"]), ("b", images[1], labels["b"])]
