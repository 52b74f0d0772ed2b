from datetime import UTC, datetime

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow_core.datasets.compare import compare


def version(**labels: str) -> DatasetManifest:
    """A version with these images; the digests matter no more than their names."""
    entries = tuple(DatasetEntry(sha256=name * 64, label=label, source=f"{name}.jpg") for name, label in labels.items())
    return DatasetManifest(name="lawns", created_at=datetime(2026, 5, 4, tzinfo=UTC), entries=entries)


def test_images_come_go_and_change_their_class() -> None:
    changes = compare(version(a="grass", b="grass", c="moss"), version(a="grass", b="moss", d="fern"))
    assert [entry.source for entry in changes.added] == ["d.jpg"]
    assert [entry.source for entry in changes.removed] == ["c.jpg"]
    assert [(each.source, each.before, each.after) for each in changes.relabelled] == [("b.jpg", "grass", "moss")]
    assert changes.unchanged == 1
    assert {label: tuple(change.model_dump().values()) for label, change in changes.classes.items()} == {
        "fern": (0, 1, 1, 0, 0),
        "grass": (2, 1, 0, 0, 0),
        "moss": (1, 1, 0, 1, 1),
    }


def test_a_version_does_not_differ_from_itself() -> None:
    changes = compare(version(a="grass", b="moss"), version(a="grass", b="moss"))
    assert (changes.added, changes.removed, changes.relabelled, changes.unchanged) == ([], [], [], 2)
