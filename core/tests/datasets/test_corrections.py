import pytest

from fake_gateway import ScriptedServer
from meadow_core.datasets.corrections import Corrections
from meadow_core.settings import Settings
from meadow_core.storage.layout import image_key
from meadow_core.storage.s3 import ObjectStore


@pytest.fixture
def corrections(store: ObjectStore, bucket: str) -> Corrections:
    return Corrections(store, bucket)


def test_a_correction_is_kept_with_its_image(corrections: Corrections, store: ObjectStore, bucket: str) -> None:
    kept = corrections.add(b"image", "grass", predicted="dandelion", model_version="3", job_id="job_1", caller="ann")
    [stored] = corrections.last()
    assert corrections.read(stored) == kept
    assert (stored.sha256, stored.label) == (kept.sha256, "grass")
    assert store.get(bucket, image_key(kept.sha256)) == b"image"


def test_the_last_label_of_an_image_counts(corrections: Corrections) -> None:
    for label in ("grass", "moss", "grass", "dandelion"):
        corrections.add(b"one", label)
    corrections.add(b"two", "grass")
    assert {stored.label for stored in corrections.last()} == {"dandelion", "grass"}
    counts = corrections.counts()
    assert (counts.total, counts.labels) == (2, {"dandelion": 1, "grass": 1})
    assert counts.newest_at


@pytest.mark.parametrize("label", ["a/b", "..", "Löwenzahn", "50% moss", "a b.json", "-", "草" * 21])
def test_any_label_survives_being_part_of_a_key(corrections: Corrections, label: str) -> None:
    corrections.add(b"image", label)
    assert [stored.label for stored in corrections.last()] == [label]


def test_none_are_no_error(corrections: Corrections) -> None:
    assert corrections.counts().total == 0
    assert corrections.counts().newest_at is None


def test_keeping_one_costs_two_writes_and_no_look_at_the_bucket(settings: Settings) -> None:
    with ScriptedServer() as server:
        for _ in range(2):
            server.reply(raw=b"")
        asked_there = ObjectStore(settings.model_copy(update={"s3_endpoint_url": server.url}))
        Corrections(asked_there, "images").add(b"image", "grass")
    assert [(asked.method, asked.path.count("/") > 1) for asked in server.asked] == [("PUT", True)] * 2
