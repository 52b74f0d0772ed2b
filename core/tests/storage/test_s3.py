import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from fake_gateway import ScriptedServer
from meadow_core.settings import Settings
from meadow_core.storage.errors import ObjectRefusedError
from meadow_core.storage.s3 import ObjectMissingError, ObjectStore, StoreError

PAGE = 1000
"""What S3 lists at once."""


def _store_on(server: ScriptedServer, settings: Settings) -> ObjectStore:
    return ObjectStore(settings.model_copy(update={"s3_endpoint_url": server.url}))


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def bucket(store: ObjectStore, settings: Settings) -> Iterator[str]:
    yield settings.jobs_bucket
    store.delete_prefix(settings.jobs_bucket, "t/")


def test_an_object_is_read_as_it_was_written(store: ObjectStore, bucket: str) -> None:
    for body in (b"", b"\0\xff" * 3, bytes(range(256)) * 20_000):
        store.put(bucket, "t/one", body)
        assert store.get(bucket, "t/one") == body
        assert store.exists(bucket, "t/one")


@pytest.mark.parametrize("key", ["t/grüße/日本.jpg", "t/a b+c&d=e%20.jpg", "t/it's (1) #2.jpg", "t/" + "x" * 200])
def test_a_key_may_hold_any_character(store: ObjectStore, bucket: str, key: str) -> None:
    store.put(bucket, key, b"body")
    assert store.get(bucket, key) == b"body"
    assert store.exists(bucket, key)
    assert list(store.keys(bucket, "t/")) == [key]


def test_keys_are_listed_in_order_and_by_prefix(store: ObjectStore, bucket: str) -> None:
    for key in ("t/b/2", "t/a/1", "t/b/10", "t/c", "t/b2"):
        store.put(bucket, key, b"")
    assert list(store.keys(bucket, "t/b/")) == ["t/b/10", "t/b/2"]
    assert sorted(store.keys(bucket, "t/b")) == ["t/b/10", "t/b/2", "t/b2"]
    assert list(store.keys(bucket, "t/nothing")) == []


@pytest.mark.slow
def test_more_keys_than_a_page_are_all_listed(store: ObjectStore, bucket: str) -> None:
    keys = [f"t/many/{number:05d}" for number in range(PAGE + 5)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.put(bucket, key, b""), keys))
    assert list(store.keys(bucket, "t/many/")) == keys


def test_a_prefix_is_deleted_with_all_below_it(store: ObjectStore, bucket: str) -> None:
    for key in ("t/1/a", "t/1/b/c", "t/2/a"):
        store.put(bucket, key, b"")
    store.delete_prefix(bucket, "t/1/")
    assert list(store.keys(bucket, "t/")) == ["t/2/a"]
    assert not store.exists(bucket, "t/1/a")
    store.delete_prefix(bucket, "t/1/")


def test_what_is_not_there_is_missing(store: ObjectStore, bucket: str) -> None:
    with pytest.raises(ObjectMissingError, match=f"read s3://{bucket}/t/nothing"):
        store.get(bucket, "t/nothing")
    with pytest.raises(ObjectMissingError, match="no-such-bucket"):
        store.get("no-such-bucket", "t/one")
    with pytest.raises(ObjectMissingError):
        store.check_bucket("no-such-bucket")
    assert not store.exists(bucket, "t/nothing")
    assert not store.exists("no-such-bucket", "t/one")


def test_a_bucket_is_made_once(store: ObjectStore, bucket: str) -> None:
    store.put(bucket, "t/one", b"1")
    store.ensure_bucket(bucket)
    store.check_bucket(bucket)
    assert store.get(bucket, "t/one") == b"1"


def test_a_bucket_that_is_there_is_not_made_again(scripted: ScriptedServer, settings: Settings) -> None:
    """A key that may only read and write would be refused that."""
    scripted.reply(raw=b"")
    _store_on(scripted, settings).ensure_bucket("images")
    assert [asked.method for asked in scripted.asked] == ["HEAD"]


def test_a_bucket_that_may_not_be_looked_at_is_not_made(scripted: ScriptedServer, settings: Settings) -> None:
    scripted.reply(status=403, raw=b"")
    with pytest.raises(ObjectRefusedError):
        _store_on(scripted, settings).ensure_bucket("images")
    assert [asked.method for asked in scripted.asked] == ["HEAD"]


@pytest.mark.parametrize(
    ("region", "constraint"),
    [("us-east-1", b""), ("eu-west-1", b"<LocationConstraint>eu-west-1</LocationConstraint>")],
)
def test_a_bucket_is_made_in_the_region(
    scripted: ScriptedServer, settings: Settings, region: str, constraint: bytes
) -> None:
    scripted.reply(status=404, raw=b"")
    scripted.reply(raw=b"")
    _store_on(scripted, settings.model_copy(update={"s3_region": region})).ensure_bucket("images")
    looked, made = scripted.asked
    assert (looked.method, made.method, made.path) == ("HEAD", "PUT", "/images")
    assert constraint in made.body
    assert bool(made.body) is bool(constraint)


def test_a_bucket_that_another_makes_meanwhile_is_there(scripted: ScriptedServer, settings: Settings) -> None:
    scripted.reply(status=404, raw=b"")
    scripted.reply(status=409, raw=b"<Error><Code>BucketAlreadyOwnedByYou</Code></Error>")
    _store_on(scripted, settings).ensure_bucket("images")


def test_a_wrong_secret_is_refused_by_every_call(settings: Settings, bucket: str) -> None:
    stranger = ObjectStore(settings.model_copy(update={"s3_secret_key": SecretStr("wrong")}))
    for call in (
        lambda: stranger.put(bucket, "t/one", b""),
        lambda: stranger.get(bucket, "t/one"),
        lambda: stranger.exists(bucket, "t/one"),
        lambda: list(stranger.keys(bucket, "t/")),
        lambda: stranger.check_bucket(bucket),
        lambda: stranger.ensure_bucket(bucket),
    ):
        with pytest.raises(StoreError, match="Could not") as caught:
            call()
        assert not isinstance(caught.value, ObjectMissingError)


def test_a_server_that_is_down_is_told_soon(settings: Settings, unused_port: int) -> None:
    """Tries again a few times, which bridges a restart; then says so."""
    store = ObjectStore(settings.model_copy(update={"s3_endpoint_url": f"http://127.0.0.1:{unused_port}"}))
    started = time.monotonic()
    with pytest.raises(StoreError, match="write s3://images/t/one"):
        store.put("images", "t/one", b"")
    assert time.monotonic() - started < 10
