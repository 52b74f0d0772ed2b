"""Two that publish the same data set at a time."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from meadow.schemas.rejection import Reason
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.ingest.run import Publication
from meadow_core.datasets.sources.folder import FolderSource
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore

Publish = Callable[..., Publication]


def test_what_others_publish_while_the_sources_are_read_is_not_lost(
    publish: Publish, lawns: Path, tmp_path: Path, draw: Callable[..., None], catalog: DatasetCatalog
) -> None:
    publish(lawns)
    folders = [tmp_path / name for name in ("one", "other")]
    for seed, folder in enumerate(folders):
        draw(folder / "grass", 2, seed=20 + seed)
    (folders[0] / "grass" / "broken.png").write_bytes(b"broken")
    between: list[Publication] = []

    def on_progress(done: int, _: int | None) -> None:
        if not between and done:
            between.append(publish(folders[1], add=True))

    added = publish(folders[0], add=True, on_progress=on_progress)
    assert between[0].changed
    assert len(added.manifest.entries) == 5 + 2 + 2
    assert added.summary.added_to == between[0].manifest.digest
    assert added.before == between[0].manifest
    assert [one.reason for one in added.rejected] == [Reason.WRONG_TYPE]
    assert [(source.named, source.rejected) for source in added.summary.sources] == [(3, 1)]
    assert catalog.load("lawns") == added.manifest


class InterruptedStore(ObjectStore):
    """Does something else before it first writes a manifest."""

    first: Callable[[], object] | None = None

    def put(self, bucket: str, key: str, body: bytes | BinaryIO) -> None:
        first, is_manifest = self.first, re.fullmatch(r"datasets/lawns/versions/\w+\.json", key)
        if first and is_manifest:
            self.first = None
            first()
        super().put(bucket, key, body)


def test_what_others_publish_at_the_very_last_is_not_lost(
    publish: Publish, lawns: Path, tmp_path: Path, draw: Callable[..., None], local: Settings, bucket: str
) -> None:
    publish(lawns)
    draw(tmp_path / "one" / "grass", 2, seed=20)
    draw(tmp_path / "other" / "grass", 3, seed=21)
    store = InterruptedStore(local)
    store.first = lambda: publish(tmp_path / "other", add=True)
    catalog = DatasetCatalog(store, bucket, max_image_pixels=10_000)
    source = FolderSource(tmp_path / "one", max_bytes=10_000_000, minimum_classes=1)
    assert len(catalog.publish("lawns", [source], add=True).manifest.entries) == 5 + 2 + 3
    assert len(catalog.load("lawns").entries) == 5 + 2 + 3


def test_adding_what_others_have_added_meanwhile_changes_nothing(publish: Publish, lawns: Path, listed: Path) -> None:
    publish(lawns)
    between: list[Publication] = []

    def on_progress(_: int, __: int | None) -> None:
        if not between:
            between.append(publish(listed, add=True))

    again = publish(listed, add=True, on_progress=on_progress)
    assert (again.changed, again.manifest) == (False, between[0].manifest)


def test_the_first_of_two_that_begin_a_data_set_is_added_to(
    publish: Publish, lawns: Path, listed: Path, catalog: DatasetCatalog
) -> None:
    between: list[Publication] = []

    def on_progress(_: int, __: int | None) -> None:
        if not between:
            between.append(publish(listed, add=True, may_be_first=True))

    both = publish(lawns, add=True, may_be_first=True, on_progress=on_progress)
    assert (len(between[0].manifest.entries), between[0].before) == (12, None)
    assert len(both.manifest.entries) == len(catalog.load("lawns").entries) == 5 + 12


def test_replacing_a_version_that_came_meanwhile_is_told(publish: Publish, lawns: Path, listed: Path) -> None:
    assert not publish(lawns).overtook
    between: list[Publication] = []

    def on_progress(_: int, __: int | None) -> None:
        if not between:
            between.append(publish(listed, add=True))

    (lawns / "grass" / "0.png").unlink()
    after = publish(lawns, on_progress=on_progress)
    assert after.overtook == between[0].manifest.digest
    assert len(after.manifest.entries) == 4
