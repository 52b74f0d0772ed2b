"""The images under an S3 prefix, wherever a listing's pages end and whatever lies among them."""

import uuid
from collections.abc import Callable

import pytest

from expanded_batch import ExpandedBatch
from meadow.packs import PACK_BYTES, PACK_IMAGES
from meadow.schemas.sources import PrefixSource
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore
from meadow_worker.expansion import prefix

OpenBatch = Callable[..., ExpandedBatch]


@pytest.fixture
def folder(store: ObjectStore, settings: Settings) -> Callable[..., str]:
    """Put objects under a prefix of the test's own, and return its address."""

    def put(**objects: bytes) -> str:
        root = f"t/{uuid.uuid4().hex}/"
        for name, body in objects.items():
            store.put(settings.images_bucket, root + name, body)
        return f"s3://{settings.images_bucket}/{root}"

    return put


def test_images_are_read_where_they_are(open_batch: OpenBatch, folder: Callable[..., str]) -> None:
    objects = {f"{number // 50}/{number:03}.jpg": str(number).encode() for number in range(PACK_IMAGES + 3)}
    batch = open_batch(PrefixSource(uri=folder(**objects)))
    batch.expand()
    assert [len(pack) for pack in batch.packs()] == [PACK_IMAGES, 3]
    assert batch.images() == objects
    assert batch.job().sealed


def test_every_order_of_names_is_listed_whole_in_turns_of_one_pack(
    open_batch: OpenBatch, folder: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and folders that sort before and after each other: the next turn goes on behind the last key."""
    monkeypatch.setattr(prefix, "PACK_IMAGES", 1)
    names = ["a.jpg", "a/1.jpg", "a-b/2.jpg", "a0.jpg", "B.jpg", "a/c/3.jpg", "a b.jpg", "é.jpg", "a+b.jpg", "z/1.jpg"]
    batch = open_batch(PrefixSource(uri=folder(**{name: name.encode() for name in names})))
    assert batch.expand(batch.expander(turn_seconds=0)) == len(names) + 1
    assert batch.images() == {name: name.encode() for name in names}


def test_what_is_no_image_is_passed_over(open_batch: OpenBatch, folder: Callable[..., str]) -> None:
    batch = open_batch(
        PrefixSource(uri=folder(**{"one.jpg": b"1", "notes.txt": b"2", ".a/b.jpg": b"3", ".c.jpg": b"4"}))
    )
    batch.expand()
    assert batch.images() == {"one.jpg": b"1"}
    assert batch.job().passed_over == {".txt": 1, "hidden or system folder": 1, "hidden or system file": 1}


def test_object_whose_suffix_names_no_type_is_told_by_its_first_bytes(
    open_batch: OpenBatch, folder: Callable[..., str]
) -> None:
    image = b"\xff\xd8\xff" + bytes(50)
    objects = {"5d41402abc": image, "b.jpg?w=800": image, "c": b"text", "d": b"", "e.raw": image}
    batch = open_batch(PrefixSource(uri=folder(**objects)))
    batch.expand()
    assert batch.images() == {"5d41402abc": image, "b.jpg?w=800": image}
    assert batch.job().passed_over == {"file without a suffix": 2, ".raw": 1}


def test_only_the_folder_itself_on_request(open_batch: OpenBatch, folder: Callable[..., str]) -> None:
    uri = folder(**{"a.jpg": b"a", "b/c.jpg": b"c", "d.jpg": b"d"})
    batch = open_batch(PrefixSource(uri=uri, recursive=False))
    batch.expand(batch.expander(turn_seconds=0))
    assert batch.images() == {"a.jpg": b"a", "d.jpg": b"d"}
    not_a_folder = open_batch(PrefixSource(uri=uri.rstrip("/"), recursive=False))
    not_a_folder.expand()
    assert not_a_folder.error
    assert (not_a_folder.error.code, "end it with '/'" in not_a_folder.error.detail) == ("source-empty", True)


def test_a_prefix_that_is_no_folder_names_images_from_the_folder_it_is_in(
    open_batch: OpenBatch, folder: Callable[..., str]
) -> None:
    uri = folder(**{"lawn-1.jpg": b"1", "lawns/2.jpg": b"2", "other.jpg": b"3"})
    batch = open_batch(PrefixSource(uri=f"{uri}lawn"))
    batch.expand()
    assert batch.images() == {"lawn-1.jpg": b"1", "lawns/2.jpg": b"2"}


def test_large_objects_share_no_pack(open_batch: OpenBatch, folder: Callable[..., str]) -> None:
    objects = {f"{number}.jpg": bytes(PACK_BYTES // 2 + 1) for number in range(3)}
    batch = open_batch(PrefixSource(uri=folder(**objects)), max_image_bytes=PACK_BYTES)
    batch.expand()
    assert [len(pack) for pack in batch.packs()] == [1, 1, 1]


def test_object_as_large_as_is_accepted_by_default_is_read_whole(
    open_batch: OpenBatch, folder: Callable[..., str]
) -> None:
    most = Settings().max_image_bytes
    objects = {"a.jpg": b"1", "b.jpg": bytes(most), "c.jpg": b"2"}
    batch = open_batch(PrefixSource(uri=folder(**objects)), max_image_bytes=most)
    batch.expand()
    assert batch.images() == objects


def test_objects_that_are_gone_or_too_large_are_failed_items(
    open_batch: OpenBatch, folder: Callable[..., str], store: ObjectStore, settings: Settings
) -> None:
    uri = folder(**{"a.jpg": b"1", "gone.jpg": b"2", "large.jpg": bytes(100_001), "z.jpg": b"3"})
    batch = open_batch(PrefixSource(uri=uri))
    batch.expand()
    store.delete(settings.images_bucket, uri.partition(settings.images_bucket + "/")[2] + "gone.jpg")
    images = batch.images()
    assert list(images) == ["a.jpg", "gone.jpg", "large.jpg", "z.jpg"]
    assert "deleted" in str(images["gone.jpg"])
    assert "more than the 100,000 bytes" in str(images["large.jpg"])
    assert (images["a.jpg"], images["z.jpg"]) == (b"1", b"3")


@pytest.mark.parametrize(
    ("uri", "code"),
    [("s3://no-such-bucket/", "source-unreadable"), ("s3://images-bucket/no/such/prefix/", "source-empty")],
)
def test_a_prefix_without_images_fails_the_batch(open_batch: OpenBatch, uri: str, code: str) -> None:
    batch = open_batch(PrefixSource(uri=uri))
    batch.expand()
    assert batch.record["state"] == "failed"
    assert batch.error
    assert batch.error.code == code


def test_a_long_stretch_without_images_holds_nobody_up(
    open_batch: OpenBatch, folder: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefix, "KEYS_PER_PAUSE", 5)
    objects = {f"{number:02}.txt": b"" for number in range(23)}
    batch = open_batch(PrefixSource(uri=folder(**objects, **{"z.jpg": b"1"})))
    assert batch.expand(batch.expander(turn_seconds=0)) == 4 + 2
    assert batch.images() == {"z.jpg": b"1"}
