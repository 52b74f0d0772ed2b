"""Publishing data sets as people have them: small classes, given splits, archives, lists of files."""

import base64
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.split import Split
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.ingest.run import Publication
from meadow_core.datasets.sources.folder import FolderSource

Publish = Callable[..., Publication]


def test_every_class_has_images_on_both_sides_of_the_split(
    publish: Publish, tmp_path: Path, draw: Callable[..., None]
) -> None:
    for number in range(12):
        draw(tmp_path / "many" / f"class {number:02}", 3 + number % 3, seed=100 + number)
    summary = publish(tmp_path / "many").summary
    assert all(counts.holdout >= 1 and counts.train >= 2 for counts in summary.classes.values())
    assert not summary.notes


def test_images_stay_in_their_split_when_others_come(
    publish: Publish, tmp_path: Path, draw: Callable[..., None]
) -> None:
    for number in range(8):
        draw(tmp_path / "few" / f"class {number}", 3, seed=200 + number)
    before = {entry.sha256: entry.split for entry in publish(tmp_path / "few").manifest.entries}
    for number in range(8):
        draw(tmp_path / "few" / f"class {number}", 20, seed=200 + number)
    after = {entry.sha256: entry.split for entry in publish(tmp_path / "few").manifest.entries}
    assert len(after) == 8 * 20
    assert {sha256: after[sha256] for sha256 in before} == before


def test_classes_that_are_too_small_are_all_named(publish: Publish, tmp_path: Path, draw: Callable[..., None]) -> None:
    for number in range(6):
        draw(tmp_path / "small" / f"class {number}", 1 + number, seed=300 + number)
    [note] = publish(tmp_path / "small").summary.notes
    assert note.startswith("2 of 6 classes are too small to train on (at least 3 each): class 0 (1), class 1 (2).")


def test_classes_that_read_alike_are_told(publish: Publish, lawns: Path, draw: Callable[..., None]) -> None:
    draw(lawns / "Grass", 3, seed=9)
    notes = publish(lawns).summary.notes
    assert any("'Grass' and 'grass' are different classes, though they read alike" in note for note in notes)


def test_splits_that_the_data_set_came_with_are_kept_on_request(
    catalog: DatasetCatalog, tmp_path: Path, draw: Callable[..., None]
) -> None:
    for part, seed in (("train", 1), ("test", 50)):
        for label in ("dandelion", "grass"):
            draw(tmp_path / "split" / part / label, 6, seed=seed + len(label))
    source = FolderSource(tmp_path / "split", max_bytes=10_000_000, split_folders=SplitFolders.KEEP)
    manifest = catalog.publish("split", [source]).manifest
    assert {entry.source.partition("/")[0]: entry.split for entry in manifest.entries} == {
        "train": Split.TRAIN, "test": Split.HOLDOUT,
    }  # fmt: skip
    assert sum(entry.moved_to is not None for entry in manifest.entries) > 0
    assert catalog.load("split").digest == manifest.digest


def test_archive_is_a_source(publish: Publish, lawns: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "lawns"), "gztar", lawns)
    assert publish(archive).manifest.digest == publish(lawns).manifest.digest


def test_list_of_files_beside_it_and_of_data_addresses_is_a_source(
    publish: Publish, lawns: Path, tmp_path: Path
) -> None:
    paths = sorted(lawns.rglob("*.png"))
    data = base64.b64encode(paths[0].read_bytes()).decode().rstrip("=")
    rows = [f'"data:image/png;base64,{data}";{paths[0].parent.name}', "gone.png;grass"]
    rows += [f"{path.relative_to(tmp_path)};{path.parent.name}" for path in paths[1:]]
    (tmp_path / "list.csv").write_text("\n".join(["Path;Class", *rows]))
    published = publish(tmp_path / "list.csv")
    assert {entry.sha256 for entry in published.manifest.entries} == {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }
    assert [rejection.name for rejection in published.rejected] == ["gone.png"]
    assert "There is no file" in published.rejected[0].detail
    shown = next(entry.source for entry in published.manifest.entries if entry.source.startswith("data:"))
    assert shown.endswith("characters)")
    assert len(shown) < 100
