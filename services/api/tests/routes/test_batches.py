import httpx
import pytest
import redis

from meadow.packs import build_pack
from meadow.schemas.items import ItemResult, ItemState
from meadow.schemas.jobs import JobError
from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Decision, Prediction, Score
from meadow.schemas.queues import TRAINING_QUEUE
from meadow_core.jobs.keys import Unit
from meadow_core.jobs.leases import JobLeases
from meadow_core.settings import Settings
from meadow_core.storage.layout import pack_results_key
from meadow_core.storage.s3 import ObjectStore

TAR = {"Content-Type": "application/x-tar"}


@pytest.fixture
def batch_id(gateway: httpx.Client) -> str:
    answer = gateway.post("/v1/batches", json={"name": "lawns"})
    assert answer.status_code == 201
    assert answer.json()["sealed"] is False
    return str(answer.json()["id"])


class Answerer:
    """Does a worker's part: answers packs with given items."""

    def __init__(self, client: redis.Redis, settings: Settings, store: ObjectStore) -> None:
        self._leases, self._store, self._bucket = JobLeases(client, settings), store, settings.jobs_bucket

    def answer(self, batch_id: str, number: int, names: list[str]) -> None:
        claim = self._leases.claim_pack(Unit(batch_id, number), ModelRef(name="m", version="1", digest="d"))
        assert claim
        lines = [_item(name).model_dump_json() for name in names]
        self._store.put(self._bucket, pack_results_key(batch_id, number), "\n".join(lines).encode())
        assert self._leases.finish_pack(claim, succeeded=len(names), failed=0, classes={"grass": len(names)})


@pytest.fixture
def answerer(redis_client: redis.Redis, settings: Settings, store: ObjectStore) -> Answerer:
    return Answerer(redis_client, settings, store)


def _item(name: str) -> ItemResult:
    if name.startswith("bad"):
        return ItemResult(item=name, state=ItemState.FAILED, error=JobError(code="image-undecodable", detail="cut"))
    scores = [Score(label="grass", probability=0.75)]
    prediction = Prediction(label="grass", decision=Decision.UNSURE, scores=scores, width=4, height=3, infer_ms=1)
    return ItemResult(item=name, state=ItemState.SUCCEEDED, prediction=prediction)


def add(gateway: httpx.Client, batch_id: str, number: int, names: list[str]) -> httpx.Response:
    pack = build_pack([(name, b"bytes") for name in names])
    return gateway.put(f"/v1/batches/{batch_id}/packs/{number}", content=pack, headers=TAR)


def test_results_come_by_the_page_while_the_batch_runs_and_after(
    gateway: httpx.Client, batch_id: str, answerer: Answerer
) -> None:
    packs = [["a", "b", "bad"], ["c"], ["d", "e"]]
    for number, names in enumerate(packs):
        assert add(gateway, batch_id, number, names).status_code == 200
    answerer.answer(batch_id, 0, packs[0])
    answerer.answer(batch_id, 2, packs[2])
    results = f"/v1/jobs/{batch_id}/results"
    running = gateway.get(results).json()
    assert [item["item"] for item in running["items"]] == ["a", "b", "bad"], "up to the first pack still to come"
    assert gateway.get(f"{results}.csv").json()["code"] == "job-not-finished"
    assert gateway.get(f"{results}.ndjson", params={"partial": True}).text.count("\n") == 5
    assert gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": 3}).json()["sealed"] is True
    answerer.answer(batch_id, 1, packs[1])
    rest = gateway.get(results, params={"page_token": running["next_page_token"]}).json()
    assert [item["item"] for item in rest["items"]] == ["c", "d", "e"]
    assert rest["next_page_token"] == ""
    job = gateway.get(f"/v1/jobs/{batch_id}").json()
    assert (job["state"], job["progress"]["total"], job["progress"]["classes"]) == ("succeeded", 6, {"grass": 6})


def test_pages_of_any_size_hold_every_item_once(gateway: httpx.Client, batch_id: str, answerer: Answerer) -> None:
    packs = [[f"{number}-{place}" for place in range(number + 1)] for number in range(4)]
    for number, names in enumerate(packs):
        add(gateway, batch_id, number, names)
        answerer.answer(batch_id, number, names)
    gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": len(packs)})
    for size in (1, 2, 3, 100):
        seen: list[str] = []
        token = ""
        while True:
            page = gateway.get(f"/v1/jobs/{batch_id}/results", params={"page_size": size, "page_token": token}).json()
            seen += [item["item"] for item in page["items"]]
            token = page["next_page_token"]
            if not token:
                break
        assert seen == [name for names in packs for name in names], size


def test_downloads_say_what_each_image_is_and_defuse_formulas_on_request(
    gateway: httpx.Client, batch_id: str, answerer: Answerer
) -> None:
    names = ["=cmd|'/c calc'!A0.jpg", 'with "quotes", and commas.jpg', "bad.jpg"]
    add(gateway, batch_id, 0, names)
    answerer.answer(batch_id, 0, names)
    gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": 1})
    download = gateway.get(f"/v1/jobs/{batch_id}/results.csv")
    assert download.headers["Content-Disposition"] == f'attachment; filename="{batch_id}.csv"'
    header, formula, quoted, failed = download.text.splitlines()
    assert header == "item,state,label,decision,probability,ood_score,width,height,error,detail"
    assert formula == "=cmd|'/c calc'!A0.jpg,succeeded,grass,unsure,0.75,,4,3,,"
    safe = gateway.get(f"/v1/jobs/{batch_id}/results.csv", params={"spreadsheet_safe": "true"})
    assert safe.text.splitlines()[1] == f"'{formula}"
    assert quoted.startswith('"with ""quotes"", and commas.jpg",')
    assert failed == "bad.jpg,failed,,,,,,,image-undecodable,cut"


def test_a_pack_counts_once_however_often_it_is_sent(gateway: httpx.Client, batch_id: str) -> None:
    for _ in range(3):
        job = add(gateway, batch_id, 0, ["a", "b"]).json()
    assert job["progress"]["total"] == 2
    # Its body is not looked at again, but there must be one, as the OpenAPI document says.
    answer = gateway.put(f"/v1/batches/{batch_id}/packs/0", headers=TAR)
    assert (answer.status_code, answer.json()["code"]) == (422, "pack-invalid")


@pytest.mark.parametrize(
    "body",
    [b"no tar", b"", build_pack([]), build_pack([("a", b"x" * 5000)])[:2000]],
    ids=["no tar", "empty", "none", "cut"],
)
def test_a_pack_that_cannot_be_read_is_refused(gateway: httpx.Client, batch_id: str, body: bytes) -> None:
    answer = gateway.put(f"/v1/batches/{batch_id}/packs/0", content=body, headers=TAR)
    assert (answer.status_code, answer.json()["code"]) == (422, "pack-invalid")
    assert gateway.get(f"/v1/jobs/{batch_id}").json()["progress"]["total"] in {None, 0}


def test_a_batch_is_sealed_whole_or_not_at_all(gateway: httpx.Client, batch_id: str) -> None:
    add(gateway, batch_id, 1, ["a"])
    answer = gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": 2})
    assert (answer.status_code, answer.json()["detail"][:12]) == (422, "Pack 0 of 2 ")
    assert gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": 0}).json()["code"] == "invalid-request"


def test_what_is_no_batch_takes_no_pack_and_no_seal(gateway: httpx.Client, redis_client: "redis.Redis") -> None:
    ingest = gateway.post("/v1/datasets", json={"name": "lawns", "sources": [{"type": "corrections"}]}).json()
    queued = redis_client.lrange(TRAINING_QUEUE, 0, -1)
    for job_id in (ingest["id"], "batch_unknown", "typo"):
        answers = [add(gateway, job_id, 0, ["a"]), gateway.post(f"/v1/batches/{job_id}:seal", json={"packs": 1})]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not-found")] * 2, job_id
    assert redis_client.lrange(TRAINING_QUEUE, 0, -1) == queued
    assert len(queued) == 1
    assert gateway.get(f"/v1/jobs/{ingest['id']}").json() == ingest


def test_a_classification_has_no_page_of_results(gateway: httpx.Client, jpeg: bytes) -> None:
    job = gateway.post("/v1/classifications", content=jpeg, headers={"Content-Type": "image/jpeg"}).json()
    assert gateway.get(f"/v1/jobs/{job['id']}/results").status_code == 404


def test_a_cancelled_batch_keeps_what_it_answered(gateway: httpx.Client, batch_id: str, answerer: Answerer) -> None:
    add(gateway, batch_id, 0, ["a"])
    add(gateway, batch_id, 1, ["b"])
    answerer.answer(batch_id, 1, ["b"])
    assert gateway.post(f"/v1/jobs/{batch_id}:cancel").json()["state"] == "cancelled"
    page = gateway.get(f"/v1/jobs/{batch_id}/results").json()
    assert [item["item"] for item in page["items"]] == ["b"]
    assert page["next_page_token"] == ""
