import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from PIL import Image

from meadow.schemas.rejection import Reason
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.errors import DatasetError
from meadow_core.settings import Settings
from meadow_core.storage.layout import image_key, latest_key, manifest_key
from meadow_core.storage.s3 import ObjectStore, StoreError


class BreakingStore(ObjectStore):
    """Loses its connection before a write whose key contains a text."""

    breaks_at = ""

    def put(self, bucket: str, key: str, body: bytes | BinaryIO) -> None:
        if self.breaks_at in key:
            raise StoreError(f"Could not write s3://{bucket}/{key}: connection lost")
        super().put(bucket, key, body)


@pytest.fixture
def breaking_catalog(settings: Settings, bucket: str) -> Callable[[str], DatasetCatalog]:
    def make(breaks_at: str) -> DatasetCatalog:
        store = BreakingStore(settings)
        store.breaks_at = breaks_at
        return DatasetCatalog(store, bucket, max_image_pixels=1_000_000)

    return make


def test_what_is_published_is_what_is_read(catalog: DatasetCatalog, lawns: Path) -> None:
    published = catalog.publish_folder("lawns", lawns)
    assert published.rejected == ()
    assert published.manifest == catalog.load("lawns") == catalog.load("lawns", published.manifest.digest)
    assert published.manifest.classes == ("dandelion", "grass")
    for entry in published.manifest.entries:
        assert catalog.read_image(entry) == (lawns / entry.source).read_bytes()


def test_the_same_content_is_the_same_version_under_any_name(
    catalog: DatasetCatalog, lawns: Path, tmp_path: Path
) -> None:
    first = catalog.publish_folder("lawns", lawns).manifest
    for number, path in enumerate(sorted(lawns.rglob("*.png"), reverse=True)):
        target = tmp_path / "renamed" / path.parent.name / f"{number}.jpeg"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    assert catalog.publish_folder("lawns", tmp_path / "renamed").manifest.digest == first.digest
    assert catalog.names() == ["lawns"]


def test_a_new_version_leaves_the_old_one_readable(
    catalog: DatasetCatalog, lawns: Path, draw: Callable[..., None]
) -> None:
    old = catalog.publish_folder("lawns", lawns).manifest
    draw(lawns / "moss", 1, seed=3)
    new = catalog.publish_folder("lawns", lawns).manifest
    assert catalog.load("lawns").digest == new.digest != old.digest
    assert catalog.load("lawns", old.digest).classes == ("dandelion", "grass")


def test_duplicates_are_left_out_and_named(catalog: DatasetCatalog, lawns: Path) -> None:
    shutil.copy(lawns / "dandelion" / "0.png", lawns / "dandelion" / "copy.png")
    shutil.copy(lawns / "dandelion" / "1.png", lawns / "grass" / "in doubt.png")
    published = catalog.publish_folder("lawns", lawns)
    assert {rejection.name: (rejection.reason, rejection.detail) for rejection in published.rejected} == {
        "dandelion/copy.png": (Reason.DUPLICATE, "the same image as dandelion/0.png"),
        "dandelion/1.png": (
            Reason.CONFLICTING_LABELS,
            "the same image as grass/in doubt.png, which is labelled grass; neither is taken",
        ),
        "grass/in doubt.png": (
            Reason.CONFLICTING_LABELS,
            "the same image as dandelion/1.png, which is labelled dandelion; neither is taken",
        ),
    }
    assert len(published.manifest.entries) == 4


def test_what_is_no_whole_image_is_left_out_with_the_reason(catalog: DatasetCatalog, lawns: Path) -> None:
    whole = (lawns / "grass" / "0.png").read_bytes()
    (lawns / "grass" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (lawns / "grass" / "empty.jpg").touch()
    (lawns / "grass" / "text.jpg").write_text("not an image")
    Image.new("1", (2000, 2000)).save(lawns / "grass" / "vast.png")
    published = catalog.publish_folder("lawns", lawns)
    rejected = {Path(rejection.name).name: rejection for rejection in published.rejected}
    for name, reason, detail in (
        ("cut.png", Reason.UNDECODABLE, "The file ends early"),
        ("empty.jpg", Reason.UNDECODABLE, "empty"),
        ("text.jpg", Reason.WRONG_TYPE, "seem to be text"),
        ("vast.png", Reason.TOO_MANY_PIXELS, "2000 x 2000 pixels"),
    ):
        rejection = rejected.pop(name)
        assert rejection.reason is reason
        assert detail in rejection.detail
    assert not rejected
    assert len(published.manifest.entries) == 5


def test_a_class_without_a_usable_image_publishes_nothing(catalog: DatasetCatalog, lawns: Path) -> None:
    (lawns / "moss").mkdir()
    (lawns / "moss" / "0.png").write_bytes(b"broken")
    with pytest.raises(DatasetError, match=r"class moss\. 1 of them: The bytes seem .* Nothing was published"):
        catalog.publish_folder("lawns", lawns)
    assert catalog.names() == []


@pytest.mark.parametrize("breaks_at", ["images/", "report.html", "/versions/", "latest.json"])
def test_a_publication_that_breaks_off_leaves_the_old_version(
    catalog: DatasetCatalog,
    lawns: Path,
    draw: Callable[..., None],
    breaking_catalog: Callable[[str], DatasetCatalog],
    breaks_at: str,
) -> None:
    old = catalog.publish_folder("lawns", lawns).manifest
    draw(lawns / "grass", 4, seed=5)
    with pytest.raises(StoreError, match="connection lost"):
        breaking_catalog(breaks_at).publish_folder("lawns", lawns)
    assert catalog.load("lawns") == old


@pytest.mark.parametrize("breaks_at", ["images/", "report.html", "/versions/", "latest.json"])
def test_a_first_publication_that_breaks_off_is_no_data_set(
    catalog: DatasetCatalog, lawns: Path, breaking_catalog: Callable[[str], DatasetCatalog], breaks_at: str
) -> None:
    with pytest.raises(StoreError):
        breaking_catalog(breaks_at).publish_folder("lawns", lawns)
    assert catalog.names() == []
    with pytest.raises(DatasetError, match="no data set 'lawns'"):
        catalog.load("lawns")


def test_a_damaged_image_is_noticed(catalog: DatasetCatalog, lawns: Path, store: ObjectStore, bucket: str) -> None:
    entry = catalog.publish_folder("lawns", lawns).manifest.entries[0]
    store.put(bucket, image_key(entry.sha256), b"other bytes")
    with pytest.raises(DatasetError, match=f"{entry.sha256} is damaged"):
        catalog.read_image(entry)


def test_a_damaged_manifest_is_noticed(catalog: DatasetCatalog, lawns: Path, store: ObjectStore, bucket: str) -> None:
    manifest = catalog.publish_folder("lawns", lawns).manifest
    written = json.loads(manifest.model_dump_json())
    written["entries"][0]["label"] = "grass"
    for body in (json.dumps(written).encode(), b"{"):
        store.put(bucket, manifest_key("lawns", manifest.digest), body)
        with pytest.raises(DatasetError, match="is damaged"):
            catalog.load("lawns")


def test_what_was_never_published_is_named(catalog: DatasetCatalog, lawns: Path) -> None:
    with pytest.raises(DatasetError, match=r"no data set 'meadows'\. Publish one"):
        catalog.load("meadows")
    catalog.publish_folder("lawns", lawns)
    with pytest.raises(DatasetError, match="no data set 'lawns' version abc"):
        catalog.load("lawns", "abc")


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "-", "a.b"])
def test_a_name_that_could_be_a_path_is_refused(catalog: DatasetCatalog, lawns: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="is no data set name"):
        catalog.publish_folder(name, lawns)


def test_progress_counts_every_file(catalog: DatasetCatalog, lawns: Path) -> None:
    (lawns / "grass" / "broken.png").write_bytes(b"broken")
    seen: list[tuple[int, int | None]] = []
    catalog.publish_folder("lawns", lawns, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 6) for number in range(1, 7)]


def test_an_image_is_stored_under_its_content(
    catalog: DatasetCatalog, lawns: Path, store: ObjectStore, bucket: str
) -> None:
    catalog.publish_folder("lawns", lawns)
    body = (lawns / "grass" / "0.png").read_bytes()
    assert store.get(bucket, image_key(hashlib.sha256(body).hexdigest())) == body
    assert store.exists(bucket, latest_key("lawns"))
