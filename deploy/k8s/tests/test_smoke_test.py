"""The smoke test says no when something is wrong; that it says yes is shown over the whole embedded stack."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from built import K8S
from fake_gateway.gateway import FakeGateway
from meadow.schemas.models import ModelInfo, ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow.schemas.status import SystemStatus, WorkerStatus

MODEL = ModelInfo(
    ref=ModelRef(name="meadow-classifier", version="3", digest="d3"),
    aliases=["production"],
    architecture="resnet18",
    classes=["dandelion", "grass"],
    image_size=64,
    dataset_digest="d",
    holdout_accuracy=0.9,
)
PREDICTION = Prediction(
    label="grass",
    decision=Decision.CONFIDENT,
    scores=[Score(label="grass", probability=0.75), Score(label="dandelion", probability=0.25)],
    width=96,
    height=96,
    infer_ms=1,
)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as server:
        server.state.model = MODEL
        worker = WorkerStatus(worker="one:1", engine="openvino", model=MODEL.ref, seen_at=datetime.now(UTC))
        server.state.status = SystemStatus(queues=[], workers=[worker], inflight_bytes=0)
        server.state.classify = lambda _data, _name: PREDICTION
        yield server


def smoke(url: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(K8S / "smoke-test"), url, "--seconds", "1", *options]
    environment = {name: value for name, value in os.environ.items() if name != "MEADOW_API_KEY"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603


def test_a_system_that_answers_passes(gateway: FakeGateway) -> None:
    done = smoke(gateway.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 images, each answered once" in done.stdout


def test_one_that_is_not_there_fails() -> None:
    done = smoke("http://127.0.0.1:9")
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_one_without_a_worker_fails(gateway: FakeGateway) -> None:
    gateway.state.status = SystemStatus(queues=[], workers=[], inflight_bytes=0)
    done = smoke(gateway.url)
    assert done.returncode == 1
    assert "no worker serves version 3" in done.stderr


def test_one_that_answers_what_is_no_class_fails(gateway: FakeGateway) -> None:
    gateway.state.classify = lambda _data, _name: PREDICTION.model_copy(update={"label": "tulip"})
    done = smoke(gateway.url)
    assert done.returncode == 1
    assert "'tulip' is none of" in done.stderr


def test_one_without_pages_fails_where_they_are_asked_for(gateway: FakeGateway) -> None:
    done = smoke(gateway.url, "--pages")
    assert done.returncode == 1
    assert "the pages answer 404" in done.stderr
