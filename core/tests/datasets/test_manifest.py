import hashlib
from datetime import UTC, datetime

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.split import Split


def manifest(*labels: str, name: str = "lawns", year: int = 2026) -> DatasetManifest:
    entries = [
        DatasetEntry(sha256=hashlib.sha256(str(number).encode()).hexdigest(), label=label, source=f"{number}.jpg")
        for number, label in enumerate(labels)
    ]
    return DatasetManifest(name=name, created_at=datetime(year, 5, 4, tzinfo=UTC), entries=tuple(entries))


def test_the_digest_is_of_the_content_in_any_order() -> None:
    one = manifest("grass", "dandelion", "grass")
    shuffled = DatasetManifest(
        name="other",
        created_at=datetime(2020, 1, 1, tzinfo=UTC),
        entries=tuple(entry.model_copy(update={"source": "elsewhere"}) for entry in reversed(one.entries)),
    )
    assert one.digest == shuffled.digest


def test_another_label_or_image_is_another_version() -> None:
    digests = {manifest(*labels).digest for labels in (("a", "b"), ("b", "a"), ("a", "a"), ("a", "b", "b"), ("a",))}
    assert len(digests) == 5


def corrected(whole: DatasetManifest, *places: int, tells: bool = True) -> DatasetManifest:
    entries = tuple(
        entry.model_copy(update={"corrected": place in places}) for place, entry in enumerate(whole.entries)
    )
    return whole.model_copy(update={"entries": entries, "tells_corrected": tells})


def test_the_digest_tells_which_labels_people_corrected() -> None:
    bare = manifest("grass", "dandelion")
    told = [corrected(bare), corrected(bare, 0), corrected(bare, 1), corrected(bare, 0, 1)]
    assert len({each.digest for each in told}) == 4
    assert told[0].digest == bare.digest
    # What was published before that was so stays what it was.
    assert corrected(bare, 0, tells=False).digest == bare.digest
    assert bare.digest == "76a923d5b0d1ffb4924a532b60461d04f13b9066c5c67efe1664668ae41d0570"


def test_contents_are_compared_whatever_the_digests_tell() -> None:
    bare = manifest("grass", "dandelion")
    assert corrected(bare, 0, tells=False).has_content_of(corrected(bare, 0))
    assert not corrected(bare, 0, tells=False).has_content_of(corrected(bare))
    assert not manifest("grass", "grass").has_content_of(bare)


def test_classes_are_sorted_whatever_comes_first() -> None:
    assert manifest("grass", "dandelion", "grass", "Ärger").classes == ("dandelion", "grass", "Ärger")


def test_the_splits_share_the_entries_in_a_stable_order() -> None:
    whole = manifest(*["grass"] * 50)
    turned = whole.model_copy(update={"entries": whole.entries[::-1]})
    train, holdout = whole.of_split(Split.TRAIN), whole.of_split(Split.HOLDOUT)
    assert len(train) + len(holdout) == 50
    assert not set(train) & set(holdout)
    assert (turned.of_split(Split.TRAIN), turned.of_split(Split.HOLDOUT)) == (train, holdout)


def test_a_manifest_survives_being_written_down() -> None:
    written = manifest("grass", "wörld")
    read = DatasetManifest.model_validate_json(written.model_dump_json())
    assert (read, read.digest) == (written, written.digest)
