from datetime import UTC, datetime

import pytest

from meadow.schemas.dataset_manifest import DatasetEntry, DatasetManifest
from meadow.schemas.split import Split
from meadow_core.datasets import images as images_module
from meadow_core.datasets.images import DatasetImages, VersionImages


def manifest(name: str, *digits: str) -> DatasetManifest:
    entries = tuple(
        DatasetEntry(sha256=digit * 64, label="grass", source="s", moved_to=Split.TRAIN if digit == "0" else None)
        for digit in digits
    )
    return DatasetManifest(name=name, created_at=datetime.now(UTC), entries=entries)


class Versions:
    """Some versions; counts what is read of them."""

    def __init__(self, *manifests: DatasetManifest) -> None:
        self.stored = {(one.name, one.digest): one for one in manifests}
        self.loaded: list[str] = []

    def resolve(self, name: str, beginning: str) -> str:
        return next(digest for known, digest in self.stored if known == name and digest.startswith(beginning))

    def load(self, name: str, digest: str) -> DatasetManifest:
        self.loaded.append(name)
        return self.stored[name, digest]


def test_a_version_is_read_once_as_long_as_few_others_are_asked_for() -> None:
    made = [manifest(name, "0", "f") for name in ("a", "b", "c")]
    versions = Versions(*made)
    images = DatasetImages(versions)  # type: ignore[arg-type]
    for _ in range(3):
        assert images.of("a").version == images.of("a", made[0].digest).version == made[0].digest
    images.of("b")
    images.of("a")
    images.of("c")
    images.of("a")
    assert versions.loaded == ["a", "b", "c"]
    images.of("b")
    assert versions.loaded == ["a", "b", "c", "b"]


def test_two_data_sets_with_the_same_content_are_told_apart() -> None:
    versions = Versions(manifest("a", "0"), manifest("b", "0"))
    images = DatasetImages(versions)  # type: ignore[arg-type]
    assert [images.of(name).name for name in ("a", "b")] == ["a", "b"]


def test_a_version_of_very_many_images_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images_module, "KEPT_IMAGES", 1)
    versions = Versions(manifest("a", "0", "f"))
    images = DatasetImages(versions)  # type: ignore[arg-type]
    assert images.of("a").rows.keys() == images.of("a").rows.keys()
    assert versions.loaded == ["a", "a"]


def test_pages_count_what_was_asked_for_and_end() -> None:
    images = VersionImages.of(manifest("a", "f", "0", "1"))
    first = images.page(size=2)
    assert ([one.sha256[0] for one in first.images], first.total, first.next_page_token) == (["0", "1"], 3, "2")
    last = images.page(size=2, start=2)
    assert ([one.sha256[0] for one in last.images], last.next_page_token) == (["f"], "")
    assert images.page(size=9, split=Split.HOLDOUT).total == 0, "what was moved counts where it is"
    assert images.page(size=9, split=Split.TRAIN).total == 3
    assert images.page(size=9, start=99, label="grass").images == []
