"""Filters on what a batch has answered, as pages and as streams."""

import csv
import io
import json

import httpx
import pytest
import redis

from meadow.packs import build_pack
from meadow.schemas.items import ItemResult, ItemState
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow_api import batch_results
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.settings import Settings
from meadow_core.storage.layout import pack_results_key
from meadow_core.storage.s3 import ObjectStore

PACKS = 12


def answer_of(number: int) -> list[ItemResult]:
    """A pack's results: one sure grass; one unsure grass in every third pack; one failure in every fourth."""
    items = [_answered(f"{number}-sure", Decision.CONFIDENT)]
    if number % 3 == 0:
        items.append(_answered(f"{number}-unsure", Decision.UNSURE))
    if number % 4 == 0:
        items.append(ItemResult.failure(f"{number}-bad", "image-undecodable", "It is cut short."))
    return items


def _answered(name: str, decision: Decision) -> ItemResult:
    label = "grass" if decision is Decision.CONFIDENT else "dandelion"
    scores = [Score(label=label, probability=0.75)]
    prediction = Prediction(label=label, decision=decision, scores=scores, width=4, height=3, infer_ms=1)
    return ItemResult(item=name, state=ItemState.SUCCEEDED, prediction=prediction)


@pytest.fixture
def results(gateway: httpx.Client, settings: Settings, store: ObjectStore, redis_client: "redis.Redis") -> str:
    """Path of the results of a finished batch."""
    batch_id = gateway.post("/v1/batches").json()["id"]
    leases = JobLeases(redis_client, settings)
    for number in range(PACKS):
        gateway.put(f"/v1/batches/{batch_id}/packs/{number}", content=build_pack([("a", b"x")]))
        claim = leases.claim_pack(Unit(batch_id, number), ModelRef(name="m", version="1", digest="d"))
        assert claim
        lines = "".join(item.model_dump_json() + "\n" for item in answer_of(number))
        store.put(settings.jobs_bucket, pack_results_key(batch_id, number), lines.encode())
        assert leases.finish_pack(claim, succeeded=1, failed=0, classes={})
    assert gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": PACKS}).json()["state"] == "succeeded"
    return f"/v1/jobs/{batch_id}/results"


def paged(gateway: httpx.Client, path: str, size: int, **wanted: str) -> list[str]:
    names: list[str] = []
    token = ""
    while True:
        page = gateway.get(path, params={"page_size": size, "page_token": token, **wanted}).json()
        assert len(page["items"]) <= size
        names += [item["item"] for item in page["items"]]
        token = page["next_page_token"]
        if not token:
            return names


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        ({}, {"sure", "unsure", "bad"}),
        ({"state": "failed"}, {"bad"}),
        ({"decision": "unsure"}, {"unsure"}),
        ({"label": "grass"}, {"sure"}),
        ({"label": "dandelion", "state": "succeeded"}, {"unsure"}),
        ({"label": "dandelion", "state": "failed"}, set()),
        ({"label": "daisy"}, set()),
    ],
)
def test_a_filter_takes_the_same_from_pages_and_from_streams(
    gateway: httpx.Client, results: str, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, str], kinds: set[str]
) -> None:
    expected = [
        item.item for number in range(PACKS) for item in answer_of(number) if item.item.partition("-")[2] in kinds
    ]
    stream = gateway.get(f"{results}.ndjson", params=wanted).text.splitlines()
    assert [json.loads(line)["item"] for line in stream] == expected
    rows = csv.DictReader(io.StringIO(gateway.get(f"{results}.csv", params=wanted).text))
    assert [row["item"] for row in rows] == expected
    for size in (1, 2, 100):
        assert paged(gateway, results, size, **wanted) == expected
    monkeypatch.setattr(batch_results, "PACKS_A_PAGE", 2)
    assert paged(gateway, results, 100, **wanted) == expected


def test_an_unknown_value_is_told(gateway: httpx.Client, results: str) -> None:
    for suffix in ("", ".csv", ".ndjson"):
        answer = gateway.get(f"{results}{suffix}", params={"decision": "perhaps"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
