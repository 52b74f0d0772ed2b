"""Batches that fill themselves, as the gateway accepts them; what becomes of them is the worker's."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

import httpx
import pytest
import redis
from pydantic import SecretStr

from meadow.schemas.queues import BATCH_QUEUE
from meadow.schemas.sources import FormSource, ZipSource, parse_source
from meadow_core.jobs import keys
from meadow_core.jobs.record import decode_hash
from meadow_core.packs import read_pack
from meadow_core.settings import Settings
from meadow_core.storage.layout import upload_key
from meadow_core.storage.s3 import ObjectStore
from zips import make_zip

GatewayWith = Callable[..., AbstractContextManager[httpx.Client]]
Files = list[tuple[str, tuple[str, bytes, str]]]
KEY = {"Idempotency-Key": "k1"}


class Records:
    """What was accepted."""

    def __init__(self, client: "redis.Redis", store: ObjectStore, bucket: str) -> None:
        self._redis, self._store, self._bucket = client, store, bucket
        client.delete(BATCH_QUEUE)
        self._before = set(self.uploads())

    def of(self, answer: httpx.Response) -> dict[str, str]:
        return decode_hash(self._redis.hgetall(keys.job(answer.json()["id"])))

    def messages(self) -> list[str]:
        return [json.loads(body)["headers"]["task"] for body in self._redis.lrange(BATCH_QUEUE, 0, -1)]

    def uploads(self) -> list[str]:
        return list(self._store.keys(self._bucket, upload_key("")))

    def new_uploads(self) -> list[str]:
        return sorted(set(self.uploads()) - self._before)

    def stored(self, answer: httpx.Response) -> bytes:
        source = parse_source(self.of(answer)["source"])
        assert isinstance(source, ZipSource | FormSource)
        return self._store.get(self._bucket, upload_key(source.upload_id))


@pytest.fixture
def records(redis_client: "redis.Redis", store: ObjectStore, settings: Settings) -> Records:
    return Records(redis_client, store, settings.jobs_bucket)


@pytest.fixture
def upload(gateway: httpx.Client) -> Callable[[bytes], str]:
    def run(body: bytes) -> str:
        made = gateway.post("/v1/uploads").json()
        assert httpx.put(made["url"], content=body).status_code == 200
        return str(made["upload_id"])

    return run


def images(*names: str, body: bytes = b"bytes") -> Files:
    return [("images", (name, body + name.encode(), "image/jpeg")) for name in names]


def zip_source(upload_id: str) -> dict[str, object]:
    return {"source": {"type": "zip", "upload_id": upload_id}}


def prefix_source(uri: str) -> dict[str, object]:
    return {"source": {"type": "s3_prefix", "uri": uri}}


def test_a_prefix_is_handed_to_a_worker(gateway: httpx.Client, records: Records) -> None:
    answer = gateway.post("/v1/batches", json={"name": "lawns", **prefix_source("s3://images-bucket/lawns/")})
    assert answer.status_code == 202
    job = answer.json()
    assert (job["state"], job["sealed"], job["name"]) == ("queued", False, "lawns")
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert records.messages() == ["meadow.fill_batch"]


def test_a_batch_that_fills_itself_takes_no_packs_and_no_seal(gateway: httpx.Client) -> None:
    batch_id = gateway.post("/v1/batches", json=prefix_source("s3://images-bucket/lawns/")).json()["id"]
    for answer in (
        gateway.put(f"/v1/batches/{batch_id}/packs/0", content=b"anything"),
        gateway.post(f"/v1/batches/{batch_id}:seal", json={"packs": 1}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "batch-sealed")
        assert "filled from its source" in answer.json()["detail"]


def test_only_buckets_that_are_named_are_read(gateway_with: GatewayWith, gateway: httpx.Client) -> None:
    for uri in ("s3://models-bucket/", "s3://jobs-bucket/batches/", "s3://secrets/keys"):
        answer = gateway.post("/v1/batches", json=prefix_source(uri))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        assert "are read from: images-bucket." in answer.json()["detail"]
        assert answer.json()["errors"][0]["location"] == "source.uri"
    with gateway_with(source_buckets="photos, more-photos") as other:
        assert other.get("/v1/limits").json()["source_buckets"] == ["photos", "more-photos"]
        assert other.post("/v1/batches", json=prefix_source("s3://more-photos/a/")).status_code == 202
        refused = other.post("/v1/batches", json=prefix_source("s3://images-bucket/a/"))
        assert "photos, more-photos" in refused.json()["detail"]


@pytest.mark.parametrize(
    "source",
    [
        {"type": "s3_prefix", "uri": "images-bucket/a"},
        {"type": "s3_prefix", "uri": "s3://"},
        {"type": "s3_prefix"},
        {"type": "zip"},
        {"type": "form", "upload_id": "u"},
        {"type": "ftp", "uri": "ftp://a/b"},
        {"type": "zip", "upload_id": "u", "path": "/etc"},
    ],
)
def test_a_source_that_is_none_is_told(gateway: httpx.Client, source: dict[str, str]) -> None:
    answer = gateway.post("/v1/batches", json={"source": source})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "source" in answer.json()["errors"][0]["location"]


def test_a_zip_goes_straight_into_the_store(
    gateway: httpx.Client, records: Records, upload: Callable[[bytes], str]
) -> None:
    made = gateway.post("/v1/uploads")
    assert made.status_code == 201
    assert made.json()["max_bytes"] == gateway.get("/v1/limits").json()["max_zip_bytes"]
    assert (
        3000 < (datetime.fromisoformat(made.json()["expires_at"]) - datetime.now().astimezone()).total_seconds() < 3601
    )
    body = make_zip([("a.jpg", b"1")])
    answer = gateway.post("/v1/batches", json=zip_source(upload(body)))
    assert answer.status_code == 202
    assert records.stored(answer) == body
    assert records.messages() == ["meadow.fill_batch"]


def test_an_address_of_an_upload_is_for_that_object_alone(gateway: httpx.Client) -> None:
    url = gateway.post("/v1/uploads").json()["url"]
    elsewhere = url.replace("/uploads-upload_", "/uploads-upload_0")
    assert httpx.put(elsewhere, content=b"x").status_code == 403
    assert httpx.get(url).status_code == 403


def test_an_upload_that_is_unknown_or_not_there_is_told(gateway: httpx.Client) -> None:
    made = gateway.post("/v1/uploads").json()["upload_id"]
    batch = gateway.post("/v1/batches", json={}).json()["id"]
    for upload_id in (made, batch, "upload_0", "../packs/1", made[:-1] + ("0" if made[-1] != "0" else "1")):
        answer = gateway.post("/v1/batches", json=zip_source(upload_id))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request"), upload_id
        assert answer.json()["errors"][0]["location"] == "source.upload_id"


def test_an_upload_makes_one_batch(gateway: httpx.Client, upload: Callable[[bytes], str], records: Records) -> None:
    upload_id = upload(make_zip([("a.jpg", b"1")]))
    first = gateway.post("/v1/batches", json=zip_source(upload_id))
    second = gateway.post("/v1/batches", json=zip_source(upload_id))
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(records.messages()) == 1


def test_a_repeated_request_gives_the_same_batch_though_the_upload_is_used_up(
    gateway: httpx.Client, upload: Callable[[bytes], str], store: ObjectStore, settings: Settings
) -> None:
    upload_id = upload(make_zip([("a.jpg", b"1")]))
    first = gateway.post("/v1/batches", json=zip_source(upload_id), headers=KEY)
    store.delete(settings.jobs_bucket, upload_key(upload_id))
    assert gateway.post("/v1/batches", json=zip_source(upload_id), headers=KEY).json()["id"] == first.json()["id"]
    other = gateway.post("/v1/batches", json=prefix_source("s3://images-bucket/"), headers=KEY)
    assert other.json()["code"] == "idempotency-key-reused"


def test_a_zip_that_is_too_large_is_told_and_deleted(
    gateway_with: GatewayWith, upload: Callable[[bytes], str], records: Records
) -> None:
    upload_id = upload(bytes(1001))
    with gateway_with(max_zip_bytes=1000) as gateway:
        answer = gateway.post("/v1/batches", json=zip_source(upload_id))
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert records.new_uploads() == []


def test_a_form_of_images_is_a_batch(gateway: httpx.Client, records: Records) -> None:
    answer = gateway.post("/v1/batches", files=images("b.jpg", "ä.jpg"), data={"name": "two", "fingerprint": "f"})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['id']}"
    assert (answer.json()["name"], answer.json()["fingerprint"]) == ("two", "f")
    assert list(read_pack(records.stored(answer))) == [("b.jpg", b"bytesb.jpg"), ("ä.jpg", "bytesä.jpg".encode())]
    assert records.messages() == ["meadow.fill_batch"]


def test_a_form_with_a_zip_is_streamed_into_the_store(gateway: httpx.Client, records: Records) -> None:
    body = make_zip([(f"{number}.jpg", bytes(1 << 20)) for number in range(20)], method=0)
    answer = gateway.post("/v1/batches", files=[("images", ("x.ZIP", body, "application/octet-stream"))])
    assert answer.status_code == 202
    assert records.stored(answer) == body
    assert isinstance(parse_source(records.of(answer)["source"]), ZipSource)


def test_a_repeated_form_gives_the_same_batch_and_leaves_nothing_behind(
    gateway: httpx.Client, records: Records
) -> None:
    zipped: Files = [("images", ("x.zip", make_zip([("a.jpg", b"1")]), "application/zip"))]
    for number, files in enumerate((images("a.jpg"), zipped)):
        key = {"Idempotency-Key": f"form-{number}"}
        first = gateway.post("/v1/batches", files=files, headers=key)
        again = gateway.post("/v1/batches", files=files, headers=key)
        assert first.json()["id"] == again.json()["id"]
        assert again.headers["Idempotent-Replayed"] == "true"
        other = gateway.post("/v1/batches", files=images("b.jpg"), headers=key)
        assert other.json()["code"] == "idempotency-key-reused"
        assert len(records.new_uploads()) == number + 1


@pytest.mark.parametrize(
    ("files", "status", "why"),
    [
        ([("other", ("a.jpg", b"1", "image/jpeg"))], 400, "'images' alone"),
        ([("images", ("", b"", "application/octet-stream"))], 400, "no image"),
        ([*images("a.jpg"), ("images", ("x.zip", b"1", "application/zip"))], 400, "sent alone"),
        ([("images", ("x.zip", b"1", "application/zip")), *images("a.jpg")], 400, "sent alone"),
        (images("a.jpg", "b.jpg", "c.jpg", "d.jpg"), 413, "more than 3 images"),
        (images("a.jpg", body=bytes(10_000)), 413, "more than 5,000 bytes"),
        ([("images", ("x.zip", bytes(6_001), "application/zip"))], 413, "more than the 6,000 bytes"),
    ],
)
def test_a_form_that_is_not_accepted_leaves_nothing_behind(
    gateway_with: GatewayWith, records: Records, files: Files, status: int, why: str
) -> None:
    with gateway_with(max_form_images=3, max_pack_bytes=5_000, max_zip_bytes=6_000) as gateway:
        answer = gateway.post("/v1/batches", files=files)
    assert (answer.status_code, why in answer.json()["detail"]) == (status, True), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert records.new_uploads() == []
    assert records.messages() == []


def test_text_alone_is_no_form_of_images(gateway: httpx.Client) -> None:
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    for body, headers, why in (
        (b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n', form, "no image"),
        (b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n', form, "cut short"),
        (b"--c\r\n", form, "cannot be read"),
        (b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", form, "no name"),
        (b"", {"Content-Type": "multipart/form-data"}, "no boundary"),
        (b'--b\r\nContent-Disposition: form-data; name="name"; x="' + b"x" * 9000, form, "header size"),
        (b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"x" * 300 + b"\r\n--b--\r\n", form, "255"),
        (b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"x" * 5000 + b"\r\n--b--\r\n", form, "4,096"),
    ):
        answer = gateway.post("/v1/batches", content=body, headers=headers)
        assert answer.status_code in {400, 422}, answer.text
        assert why in answer.json()["detail"], answer.text


def test_a_form_that_is_larger_than_any_is_refused_by_its_announcement(gateway_with: GatewayWith) -> None:
    with gateway_with(max_pack_bytes=1000, max_zip_bytes=1000) as gateway:
        answer = gateway.post("/v1/batches", files=images("a.jpg", body=bytes(2 << 20)))
    assert answer.status_code == 413


def test_a_form_that_breaks_off_leaves_nothing_behind(gateway: httpx.Client, records: Records) -> None:
    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="images"; filename="x.zip"\r\n\r\n' + bytes(9 << 20)
        raise httpx.WriteError("cut")

    with pytest.raises(httpx.WriteError):
        gateway.post("/v1/batches", content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert records.new_uploads() == []
    assert gateway.get("/healthz").status_code == 200


def test_a_full_queue_refuses_every_shape_and_keeps_no_file(
    gateway_with: GatewayWith, records: Records, redis_client: "redis.Redis"
) -> None:
    redis_client.lpush(BATCH_QUEUE, "message")
    with gateway_with(max_queue_depth=1) as gateway:
        for answer in (
            gateway.post("/v1/batches", json=prefix_source("s3://images-bucket/")),
            gateway.post("/v1/batches", files=images("a.jpg")),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert records.new_uploads() == []


def test_a_webhook_is_taken_in_every_shape(gateway_with: GatewayWith, records: Records) -> None:
    url = "https://127.0.0.1:9/hook"
    secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    with gateway_with(webhook_secret=SecretStr(secret), webhook_allowed_networks="127.0.0.0/8") as gateway:
        for answer in (
            gateway.post("/v1/batches", json={**prefix_source("s3://images-bucket/"), "webhook_url": url}),
            gateway.post("/v1/batches", files=images("a.jpg"), data={"webhook_url": url}),
        ):
            assert answer.status_code == 202, answer.text
            assert answer.json()["webhook"]["state"] == "pending"
            assert records.of(answer)["webhook_url"] == url
    with gateway_with() as gateway:
        answer = gateway.post("/v1/batches", files=images("b.jpg"), data={"webhook_url": url})
        assert answer.json()["code"] == "webhook-refused"
    assert len(records.new_uploads()) == 1


def test_the_reference_has_every_shape(gateway: httpx.Client) -> None:
    operation = gateway.get("/openapi.json").json()["paths"]["/v1/batches"]["post"]
    content = operation["requestBody"]["content"]
    assert set(content["application/json"]["examples"]) == {"packs", "prefix", "zip"}
    assert content["multipart/form-data"]["schema"]["required"] == ["images"]
    assert {"201", "202"} <= operation["responses"].keys()
