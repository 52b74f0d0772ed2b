import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from fake_gateway import ScriptedServer
from meadow_api.app import create_app
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from meadow_core.webhooks.rules import WebhookSettingsError
from webhook_desk import SECRET, signature_of

Gateways = Callable[..., AbstractContextManager[httpx.Client]]
CALLING = {"webhook_secret": SecretStr(SECRET), "webhook_allowed_networks": "127.0.0.0/8"}
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def receiver() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def wait_for_webhook(gateway: httpx.Client, job: str, state: str) -> dict[str, object]:
    deadline = time.monotonic() + 10
    while True:
        webhook: dict[str, object] = gateway.get(job).json()["webhook"]
        if webhook["state"] == state:
            return webhook
        assert time.monotonic() < deadline, webhook
        time.sleep(0.05)


def test_each_kind_of_job_calls_when_it_ends(
    gateway_with: Gateways,
    receiver: ScriptedServer,
    jpeg: bytes,
    settings: Settings,
    store: ObjectStore,
    lawns: Path,
) -> None:
    catalog = DatasetCatalog(store, settings.images_bucket, max_image_pixels=settings.max_image_pixels)
    catalog.publish_folder("lawns", lawns)
    hook = {"webhook_url": f"{receiver.url}/hook"}
    with gateway_with(**CALLING) as gateway:
        jobs = [
            gateway.post("/v1/batches", json={"name": "b", **hook}).json(),
            gateway.post("/v1/classifications", content=jpeg, headers=JPEG, params=hook).json(),
            gateway.post("/v1/training-runs", json={"dataset": "lawns", **hook}).json(),
        ]
        assert [job["webhook"] for job in jobs] == [{"state": "pending", "attempts": 0, "last_status": None}] * 3
        for job in jobs:
            receiver.reply({}, status=202)
            gateway.post(job["links"]["cancel"])
            webhook = wait_for_webhook(gateway, job["links"]["self"], "delivered")
            assert webhook == {"state": "delivered", "attempts": 1, "last_status": 202}
    told = {call.headers["webhook-id"]: json.loads(call.body)["data"]["kind"] for call in receiver.asked}
    assert told == {job["id"]: job["kind"] for job in jobs}
    assert all(call.headers["webhook-signature"] == signature_of(call) for call in receiver.asked)


def test_a_job_that_asks_for_no_call_has_none(gateway: httpx.Client, jpeg: bytes) -> None:
    assert gateway.post("/v1/classifications", content=jpeg, headers=JPEG).json()["webhook"] is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://169.254.169.254/latest", "gopher://x/", "http://xn--/"])
def test_what_may_not_be_called_is_told_at_once(gateway_with: Gateways, jpeg: bytes, url: str) -> None:
    hook = {"webhook_url": url}
    with gateway_with(webhook_secret=SecretStr(SECRET)) as gateway:
        for answer in (
            gateway.post("/v1/batches", json=hook),
            gateway.post("/v1/classifications", content=jpeg, headers=JPEG, params=hook),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "webhook-refused")
            assert answer.json()["errors"][0]["location"] == "webhook_url"
        assert gateway.get("/v1/jobs").json()["jobs"] == []


def test_without_a_secret_nobody_is_called(gateway: httpx.Client) -> None:
    answer = gateway.post("/v1/batches", json={"webhook_url": "https://receiver.example/"})
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook-refused")
    assert "MEADOW_WEBHOOK_SECRET" in answer.json()["detail"]


def test_the_same_key_with_another_webhook_is_another_request(gateway_with: Gateways, receiver: ScriptedServer) -> None:
    with gateway_with(**CALLING) as gateway:
        answers = [
            gateway.post("/v1/batches", json={"webhook_url": url}, headers={"Idempotency-Key": "k"})
            for url in (receiver.url, receiver.url, f"{receiver.url}/other")
        ]
    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[2].json()["code"] == "idempotency-key-reused"


def test_what_ended_while_no_gateway_could_call_is_delivered_by_the_next_one(
    gateway_with: Gateways, receiver: ScriptedServer
) -> None:
    with gateway_with(**CALLING) as gateway:
        job = gateway.post("/v1/batches", json={"webhook_url": receiver.url}).json()
    # One without a secret ends the job: it cannot sign.
    with gateway_with() as gateway:
        gateway.post(job["links"]["cancel"])
        assert gateway.get(job["links"]["self"]).json()["webhook"]["state"] == "pending"
    receiver.reply({})
    with gateway_with(**CALLING) as gateway:
        wait_for_webhook(gateway, job["links"]["self"], "delivered")
    assert len(receiver.asked) == 1


def test_a_malformed_secret_stops_the_start(settings: Settings) -> None:
    with pytest.raises(WebhookSettingsError, match="MEADOW_WEBHOOK_SECRET"):
        create_app(settings.model_copy(update={"webhook_secret": SecretStr("swordfish")}))
