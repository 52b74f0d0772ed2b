import hashlib
import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from PIL import Image

from fake_gateway import FakeGateway
from fake_gateway.answers import classify_by_name, make_model
from meadow.client import Client, RetryPolicy
from meadow.schemas.dataset_images import DatasetImage
from meadow.schemas.datasets import DatasetDetail
from meadow.schemas.explanations import Explanation, ExplanationState
from meadow.schemas.similar_images import SimilarImage, SimilarImages
from meadow.schemas.split import Split
from meadow_ui.classify.picture import Picture, Stage
from meadow_ui.classify.sender import Sender

NAME_OF_NO_TEXT = "\ud800.jpg"
"""A lone surrogate: it cannot be encoded."""


@pytest.fixture
def sender(gateway: FakeGateway) -> Iterator[Sender]:
    running = Sender(Client(gateway.url, retries=RetryPolicy(seconds=0)), max_pixels=1000)
    yield running
    running.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_images_are_sent_without_waiting_for_answers(gateway: FakeGateway, sender: Sender) -> None:
    gateway.state.seconds_per_image = 60
    pictures = [Picture(f"{number}.jpg", b"x") for number in range(30)]
    for picture in pictures:
        sender.send(picture)
    until(lambda: all(picture.job for picture in pictures))
    assert not any(picture.finished for picture in pictures)
    for picture in pictures:
        picture.dropped = True


def test_each_image_gets_its_own_answer(gateway: FakeGateway, sender: Sender) -> None:
    gateway.state.seconds_per_image = 0.01
    pictures = [Picture(f"{number}.jpg", b"x") for number in range(30)]
    for picture in pictures:
        sender.send(picture)
    until(lambda: all(picture.stage is Stage.DONE for picture in pictures))
    assert [picture.job.name for picture in pictures if picture.job] == [picture.name for picture in pictures]


def test_rejected_image_does_not_stop_the_others(gateway: FakeGateway, sender: Sender) -> None:
    gateway.reply_problem("too-large", 413, "21 MiB.")
    refused, other = Picture("a", b"x"), Picture("b", b"x")
    sender.send(refused)
    until(lambda: refused.finished)
    sender.send(other)
    until(lambda: other.stage is Stage.DONE)
    assert refused.stage is Stage.FAILED


def test_unexpected_error_fails_one_image_and_no_thread(gateway: FakeGateway) -> None:
    client = Client(gateway.url, retries=RetryPolicy(seconds=0))
    with closing(Sender(client, max_pixels=1000, threads=1)) as sender:
        broken, other = Picture(NAME_OF_NO_TEXT, b"x"), Picture("b", b"x")
        for picture in (broken, other):
            sender.send(picture)
        until(lambda: broken.finished and other.finished)
    assert broken.error is not None
    assert (broken.error.code, other.stage) == ("internal", Stage.DONE)


def test_lost_connection_is_recorded_as_unreachable(gateway: FakeGateway, sender: Sender) -> None:
    gateway.hang_up()
    picture = Picture("a", b"x")
    sender.send(picture)
    until(lambda: picture.finished)
    assert picture.error is not None
    assert picture.error.code == "gateway-unreachable"


def test_explanation_arrives_with_the_answer(sender: Sender) -> None:
    picture, plain = Picture("a", b"x", explain=True), Picture("b", b"x")
    for one in (picture, plain):
        sender.send(one)
    until(lambda: picture.finished and plain.finished)
    assert picture.overlay.startswith("data:image/png;base64,")
    assert (picture.unexplained, plain.overlay) == ("", "")


def test_similar_training_images_come_with_an_explanation(gateway: FakeGateway, sender: Sender) -> None:
    known = {"name": "lawns", "digest": "ab" * 32, "created_at": datetime.now(UTC), "classes": {}}
    dataset = DatasetDetail.model_validate({**known, "versions": [known]})
    kept, gone = (hashlib.sha256(name).hexdigest() for name in (b"kept", b"gone"))
    image = DatasetImage(sha256=kept, label="grass", source="1.jpg", split=Split.TRAIN, corrected=False)
    file = io.BytesIO()
    Image.new("RGB", (20, 20), "green").save(file, "JPEG")
    gateway.state.datasets = [dataset]
    gateway.state.dataset_images = {dataset.digest: [image]}
    gateway.state.image_bytes = {kept: file.getvalue()}
    gateway.state.similar_images = SimilarImages(
        model=make_model("3").ref,
        dataset="lawns",
        dataset_version=dataset.digest,
        images=[
            SimilarImage(sha256=kept, label="grass", similarity=0.9, href=""),
            SimilarImage(sha256=gone, label="dandelion", similarity=0.5, href=""),
        ],
    )
    picture, plain = Picture("a", b"x", explain=True), Picture("b", b"x")
    for one in (picture, plain):
        sender.send(one)
    until(lambda: picture.finished and plain.finished)
    first, second = picture.similar
    assert (first.label, first.similarity, second.label, second.thumbnail) == ("grass", 0.9, "dandelion", "")
    assert first.thumbnail.startswith("data:image/webp;base64,")
    assert plain.similar == ()


def test_failed_explanation_keeps_the_answer(gateway: FakeGateway, sender: Sender) -> None:
    gateway.state.explanation = Explanation(state=ExplanationState.UNAVAILABLE, detail="The worker was lost.")
    picture = Picture("a", b"x", explain=True)
    sender.send(picture)
    until(lambda: picture.finished)
    assert picture.stage is Stage.DONE
    assert picture.unexplained == "The worker was lost."
    answer = classify_by_name(b"x", "b")
    gateway.reply_job("succeeded", 202, result=answer.model_dump(), explanation={"state": "ready"})
    gateway.reply_problem("not-found", 404, "It is gone.")
    gone = Picture("b", b"x", explain=True)
    sender.send(gone)
    until(lambda: gone.finished)
    assert gone.stage is Stage.DONE
    assert "could not be fetched" in gone.unexplained


def test_cleared_image_is_cancelled_or_never_sent(gateway: FakeGateway, sender: Sender) -> None:
    gateway.state.seconds_per_image = 60
    waiting, unsent = Picture("a", b"x"), Picture("b", b"x", dropped=True)
    sender.send(waiting)
    until(lambda: waiting.job is not None)
    waiting.dropped = True
    sender.send(unsent)
    until(lambda: any(asked.path.endswith(":cancel") for asked in gateway.asked))
    assert [asked.headers["X-Image-Name"] for asked in gateway.asked if asked.method == "POST"][:1] == ["a"]
    assert unsent.job is None


def test_photograph_above_the_size_limit_is_shrunk_before_sending(gateway: FakeGateway, sender: Sender) -> None:
    noise = Image.effect_noise((2400, 1600), 80)
    target = io.BytesIO()
    noise.save(target, "JPEG", quality=95)
    body = target.getvalue()
    gateway.batches.limits = gateway.batches.limits.model_copy(update={"max_image_bytes": len(body) - 1})
    picture = Picture("a.jpg", body)
    sender.send(picture)
    until(lambda: picture.finished)
    assert picture.stage is Stage.DONE
    [sent] = [asked.body for asked in gateway.asked if asked.method == "POST"]
    with Image.open(io.BytesIO(sent)) as small:
        assert 336 <= min(small.size) < 505
    assert picture.data == sent
