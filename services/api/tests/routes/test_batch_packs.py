import httpx
import pytest

from meadow.packs import build_pack


@pytest.fixture
def batch_id(gateway: httpx.Client) -> str:
    return str(gateway.post("/v1/batches", json={"name": "lawns", "fingerprint": "f"}).json()["id"])


def test_packs_that_are_in_are_told_as_ranges(gateway: httpx.Client, batch_id: str) -> None:
    path = f"/v1/batches/{batch_id}/packs"
    assert gateway.get(path).json() == {"count": 0, "ranges": []}
    for number in (0, 1, 9, 7, 8, 300):
        pack = build_pack([("a", b"x")])
        assert gateway.put(f"{path}/{number}", content=pack).status_code == 200
    assert gateway.get(path).json() == {"count": 6, "ranges": [[0, 1], [7, 9], [300, 300]]}


def test_a_batch_tells_its_fingerprint(gateway: httpx.Client, batch_id: str) -> None:
    listed = gateway.get("/v1/jobs", params={"kind": "batch"}).json()["jobs"]
    assert [(job["id"], job["fingerprint"]) for job in listed] == [(batch_id, "f")]


def test_what_is_no_batch_has_no_packs(gateway: httpx.Client, jpeg: bytes) -> None:
    job = gateway.post("/v1/classifications", content=jpeg, headers={"Content-Type": "image/jpeg"}).json()
    for job_id in (job["id"], "batch_unknown"):
        answer = gateway.get(f"/v1/batches/{job_id}/packs")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
