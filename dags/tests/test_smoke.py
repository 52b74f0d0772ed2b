import hashlib
import json
import time
from collections.abc import Iterator

import pytest

from meadow_airflow.gateway.client import GatewayClient
from meadow_airflow.gateway.models import ModelRef
from meadow_airflow.smoke.check import SmokeError, UnansweredError, check_answers
from meadow_airflow.smoke.holdout import holdout_images, image_key, is_holdout, manifest_key
from stand_in_gateway import StandInGateway, model, problem

IMAGES = [b"\xff\xd8" + bytes([number]) for number in range(80)]
REF = ModelRef.model_validate(model("1"))


@pytest.fixture
def client(gateway: StandInGateway) -> Iterator[GatewayClient]:
    with GatewayClient(gateway.url, patience=5) as connected:
        yield connected


@pytest.fixture
def bucket() -> dict[str, bytes]:
    by_digest = {hashlib.sha256(image).hexdigest(): image for image in IMAGES}
    entries = [
        {"sha256": sha256, "label": ("dandelion", "grass", "clover")[number % 3], "source": "x"}
        for number, sha256 in enumerate(by_digest)
    ]
    manifest = json.dumps({"name": "lawns", "entries": entries}).encode()
    return {manifest_key("lawns", "d2"): manifest, **{image_key(key): image for key, image in by_digest.items()}}


def test_hold_out_images_of_every_class_are_taken(bucket: dict[str, bytes]) -> None:
    chosen = holdout_images(bucket.__getitem__, "lawns", "d2", 6)
    assert [label for _, label in chosen] == ["clover", "dandelion", "grass"] * 2
    assert len({image for image, _ in chosen}) == 6
    assert all(is_holdout(hashlib.sha256(image).hexdigest()) for image, _ in chosen)
    assert holdout_images(bucket.__getitem__, "lawns", "d2", 6) == chosen
    everything = holdout_images(bucket.__getitem__, "lawns", "d2", 1000)
    assert len(everything) == sum(is_holdout(hashlib.sha256(image).hexdigest()) for image in IMAGES)


def test_every_answer_must_be_by_the_version(gateway: StandInGateway, client: GatewayClient) -> None:
    images = [(image, "grass") for image in IMAGES[:4]]
    assert check_answers(client, REF, images).startswith("Version 1 answers: ")
    gateway.worker_serves = "9"
    with pytest.raises(SmokeError, match="by version 9, not by version 1"):
        check_answers(client, REF, images)


def test_a_version_that_fails_on_an_image_is_found_out(gateway: StandInGateway, client: GatewayClient) -> None:
    failed = {"id": "j", "kind": "classification", "state": "failed", "created_at": "2026-11-25T10:00:00Z"}
    broken = {**failed, "error": {"code": "internal", "detail": "NaN"}}
    answer = problem(200, "")
    answer.body = broken
    gateway.script = [answer]
    with pytest.raises(SmokeError, match="Image 1 of 1 is not answered: NaN"):
        check_answers(client, REF, [(IMAGES[0], "grass")])


def test_answers_are_waited_for_in_a_long_queue(gateway: StandInGateway, client: GatewayClient) -> None:
    gateway.classify_seconds = 1.5
    images = [(image, "grass") for image in IMAGES[:4]]
    started = time.monotonic()
    assert check_answers(client, REF, images).startswith("Version 1 answers: ")
    assert time.monotonic() - started < 4 * gateway.classify_seconds, "they wait together"
    assert gateway.paths()[:4] == ["/v1/classifications"] * 4
    assert gateway.asked[4].headers["prefer"] == "wait=25"


@pytest.mark.parametrize("state", ["running", "expired", "cancelled"])
def test_an_image_that_nobody_has_answered_yet_says_nothing_of_the_version(
    state: str, gateway: StandInGateway, client: GatewayClient
) -> None:
    gateway.classify_seconds = 60
    if state in {"expired", "cancelled"}:
        answer = problem(200, "")
        answer.body = {"id": "j", "kind": "classification", "state": state, "created_at": "2026-11-25T10:00:00Z"}
        gateway.script = [answer]
    with pytest.raises(UnansweredError, match="Image 1 of 1 is not answered: job"):
        check_answers(client, REF, [(IMAGES[0], "grass")], seconds=0.5)


def test_nothing_to_ask_about_is_no_success(client: GatewayClient) -> None:
    with pytest.raises(SmokeError, match="no hold-out image"):
        check_answers(client, REF, [])
