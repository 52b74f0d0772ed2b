import asyncio
import time
from collections import Counter

import httpx
import redis

from meadow_api.resources import REDIS_CONNECTIONS
from meadow_core.jobs import keys

JPEG = {"Content-Type": "image/jpeg"}


def submit(gateway: httpx.Client, jpeg: bytes) -> str:
    return str(gateway.post("/v1/classifications", content=jpeg, headers=JPEG).json()["id"])


def test_an_unknown_job_is_not_found_and_a_past_one_gone(
    gateway: httpx.Client, jpeg: bytes, redis_client: redis.Redis
) -> None:
    past = submit(gateway, jpeg)
    redis_client.delete(keys.job(past))
    for job_id, status, code in (("job_unknown", 404, "not-found"), (past, 410, "job-gone")):
        for answer in (gateway.get(f"/v1/jobs/{job_id}"), gateway.post(f"/v1/jobs/{job_id}:cancel")):
            assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_else_is_kept_under_a_job_is_no_job(gateway: httpx.Client, redis_client: redis.Redis) -> None:
    batch = gateway.post("/v1/batches", json={}).json()["id"]
    redis_client.setbit(keys.packs_added(batch), 0, 1)
    part = keys.packs_added(batch).removeprefix(keys.job(""))
    assert gateway.get(f"/v1/jobs/{part}").status_code == 404
    assert gateway.put(f"/v1/batches/{part}/packs/0", content=b"").status_code == 404


def test_an_unchanged_job_is_not_sent_again(gateway: httpx.Client, jpeg: bytes) -> None:
    path = f"/v1/jobs/{submit(gateway, jpeg)}"
    first = gateway.get(path)
    again = gateway.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.content
    gateway.post(f"{path}:cancel")
    assert gateway.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_time_that_passes_does_not_change_a_job(gateway: httpx.Client, redis_client: redis.Redis) -> None:
    path = gateway.post("/v1/batches", json={}).json()["links"]["self"]
    started = int(time.time() * 1000) - 500
    redis_client.hset(
        keys.job(path.rpartition("/")[2]), mapping={"state": "running", "started_at": started, "done": 5, "total": 9}
    )
    first = gateway.get(path)
    assert first.json()["progress"]["rate"]
    time.sleep(0.01)
    assert gateway.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    redis_client.hset(keys.job(path.rpartition("/")[2]), "done", "6")
    assert gateway.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_cancelled_job_is_final(gateway: httpx.Client, jpeg: bytes) -> None:
    job_id = submit(gateway, jpeg)
    assert gateway.post(f"/v1/jobs/{job_id}:cancel").json()["state"] == "cancelled"
    job = gateway.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=10"}).json()
    assert job["state"] == "cancelled"
    assert job["finished_at"]
    assert job["expires_at"]


def test_a_poll_is_held_until_the_job_ends(gateway: httpx.Client, jpeg: bytes) -> None:
    job_id = submit(gateway, jpeg)
    started = time.monotonic()
    held = gateway.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=1"})
    assert 0.9 < time.monotonic() - started < 15
    assert (held.status_code, held.json()["state"]) == (200, "queued")


def test_jobs_are_listed_by_kind_and_state(gateway: httpx.Client, jpeg: bytes) -> None:
    job_id = submit(gateway, jpeg)
    gateway.post("/v1/batches", json={"name": "b"})
    listed = gateway.get("/v1/jobs", params={"kind": "classification", "state": "queued"}).json()
    assert [job["id"] for job in listed["jobs"]] == [job_id]
    assert gateway.get("/v1/jobs", params={"state": "lost"}).json()["code"] == "invalid-request"


def test_a_few_batches_are_found_among_many_images(gateway: httpx.Client, jpeg: bytes) -> None:
    batches: list[str] = []
    for _ in range(3):
        batches.insert(0, gateway.post("/v1/batches").json()["id"])
        for _ in range(4):
            submit(gateway, jpeg)
    for size in (1, 2, 3, 4):
        found: list[str] = []
        token = ""
        while True:
            page = gateway.get("/v1/jobs", params={"kind": "batch", "page_size": size, "page_token": token}).json()
            found += [job["id"] for job in page["jobs"]]
            token = page["next_page_token"]
            if not token:
                break
        assert found == batches, size


def test_many_more_may_wait_for_a_job_than_there_are_connections_to_redis(gateway: httpx.Client, jpeg: bytes) -> None:
    job = submit(gateway, jpeg)
    waiters = 3 * REDIS_CONNECTIONS

    async def wait_and_cancel() -> list[httpx.Response]:
        unlimited = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=gateway.base_url, limits=unlimited, timeout=20) as client:
            asked = [
                asyncio.create_task(client.get(f"/v1/jobs/{job}", headers={"Prefer": "wait=15"}))
                for _ in range(waiters)
            ]
            # All of them are held by now, and read the record again in the moment it changes.
            await asyncio.sleep(2)
            await client.post(f"/v1/jobs/{job}:cancel")
            return await asyncio.gather(*asked)

    answers = asyncio.run(wait_and_cancel())
    assert Counter(answer.status_code for answer in answers) == {200: waiters}
    assert {answer.json()["state"] for answer in answers} == {"cancelled"}
