import hashlib
import time
from collections.abc import Iterator

import pytest

from fake_gateway.answers import make_model
from meadow import Client
from meadow.schemas.dataset_images import DatasetImage
from meadow.schemas.jobs import JobError, JobState
from meadow.schemas.split import Split, split_of
from meadow_airflow.gateway.connection import patient
from meadow_airflow.smoke.check import SmokeError, UnansweredError, check_answers
from meadow_airflow.smoke.holdout import holdout_images
from training_gateway import TrainingGateway

IMAGES = [b"\xff\xd8\xff" + bytes([number]) for number in range(80)]
LABELS = ("dandelion", "grass", "clover")
REF = make_model("1").ref


@pytest.fixture
def client(gateway: TrainingGateway) -> Iterator[Client]:
    with Client(gateway.url, retries=patient(5)) as connected:
        yield connected


@pytest.fixture
def published(gateway: TrainingGateway) -> dict[str, bytes]:
    """The images of a version, by their digests."""
    by_digest = {hashlib.sha256(image).hexdigest(): image for image in IMAGES}
    gateway.publish(
        "d2",
        [
            DatasetImage(sha256=sha256, label=LABELS[place % 3], source="x", split=split_of(sha256), corrected=False)
            for place, sha256 in enumerate(by_digest)
        ],
    )
    gateway.state.image_bytes = by_digest
    return by_digest


def test_hold_out_images_of_every_class_are_taken(client: Client, published: dict[str, bytes]) -> None:
    chosen = holdout_images(client, "lawns", "d2", 6)
    assert [label for _, label in chosen] == ["clover", "dandelion", "grass"] * 2
    assert len({image for image, _ in chosen}) == 6
    assert all(split_of(hashlib.sha256(image).hexdigest()) is Split.HOLDOUT for image, _ in chosen)
    assert holdout_images(client, "lawns", "d2", 6) == chosen
    everything = holdout_images(client, "lawns", "d2", 1000)
    assert len(everything) == sum(split_of(sha256) is Split.HOLDOUT for sha256 in published)


@pytest.mark.usefixtures("published")
def test_only_as_many_classes_are_looked_at_as_images_are_wanted(gateway: TrainingGateway, client: Client) -> None:
    assert [label for _, label in holdout_images(client, "lawns", "d2", 1)] == ["clover"]
    assert [asked.query["label"] for asked in gateway.asked if asked.path.endswith("/images")] == [["clover"]]


def test_every_answer_must_be_by_the_version(gateway: TrainingGateway, client: Client) -> None:
    images = [(image, "dandelion") for image in IMAGES[:4]]
    assert check_answers(client, REF, images) == "Version 1 answers: 4 of 4 hold-out images rightly."
    gateway.produce("1", "9")
    with pytest.raises(SmokeError, match="by version 9, not by version 1"):
        check_answers(client, REF, images)


def test_a_version_that_fails_on_an_image_is_found_out(gateway: TrainingGateway, client: Client) -> None:
    gateway.state.classify = lambda *_: JobError(code="internal", detail="NaN")
    with pytest.raises(SmokeError, match="Image 1 of 1 is not answered: NaN"):
        check_answers(client, REF, [(IMAGES[0], "grass")])


def test_answers_are_waited_for_in_a_long_queue(gateway: TrainingGateway, client: Client) -> None:
    gateway.state.seconds_per_image = 0.4
    images = [(image, "grass") for image in IMAGES[:4]]
    started = time.monotonic()
    assert check_answers(client, REF, images).startswith("Version 1 answers: ")
    assert time.monotonic() - started < 3, "they wait together"
    assert gateway.paths()[:4] == ["/v1/classifications"] * 4
    assert gateway.asked[4].headers["Prefer"] == "wait=20"
    # Each answer is held back until it is there: nobody asks again and again.
    assert len(gateway.asked) == 8


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.EXPIRED, JobState.CANCELLED])
def test_an_image_that_nobody_has_answered_yet_says_nothing_of_the_version(
    state: JobState, gateway: TrainingGateway, client: Client
) -> None:
    gateway.state.seconds_per_image = 60
    if state.is_final:
        gateway.reply_job(state)
    with pytest.raises(UnansweredError, match=f"Image 1 of 1 is not answered: job job_1 is {state}"):
        check_answers(client, REF, [(IMAGES[0], "grass")], seconds=0.5)


def test_nothing_to_ask_about_is_no_success(client: Client) -> None:
    with pytest.raises(SmokeError, match="no hold-out image"):
        check_answers(client, REF, [])
