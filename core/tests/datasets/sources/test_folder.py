import os
from pathlib import Path

import pytest

from meadow.image_files.passed_over import PassedOver
from meadow.schemas.ingestion import SplitFolders
from meadow.schemas.rejection import Reason
from meadow.schemas.split import Split
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.rejection import Rejection
from meadow_core.datasets.sources.folder import FolderSource
from meadow_core.datasets.sources.model import Candidate


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def source(folder: Path, *, minimum_classes: int = 2, split_folders: SplitFolders = SplitFolders.MERGE) -> FolderSource:
    return FolderSource(folder, max_bytes=1000, minimum_classes=minimum_classes, split_folders=split_folders)


def named(found: FolderSource) -> list[tuple[str, str]]:
    return [(image.name, image.label) for image in found.candidates() if isinstance(image, Candidate)]


def test_every_sub_folder_is_a_class_and_is_searched_to_the_bottom(tmp_path: Path) -> None:
    found = source(touch(tmp_path, "b/1.JPG", "a/deep/er/2.png", "a/1.webp"))
    assert named(found) == [("a/1.webp", "a"), ("a/deep/er/2.png", "a"), ("b/1.JPG", "b")]
    assert found.total == 3


def test_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg", "b/1.jpg", "b/notes.txt", "loose.jpg", ".git/x.jpg", "__MACOSX/a/._1.jpg", "empty/x.txt")
    (tmp_path / "b" / "gone.jpg").symlink_to("nowhere")
    found = source(tmp_path)
    assert {label for _, label in named(found)} == {"a", "b"}
    assert found.passed_over == {
        ".txt": 2, PassedOver.LOOSE_IMAGE: 1, PassedOver.SYSTEM_FOLDER: 2, PassedOver.BROKEN_LINK: 1,
    }  # fmt: skip
    assert found.notes == ["Folder empty holds no images and is no class."]


def test_linked_class_folders_are_classes(tmp_path: Path) -> None:
    touch(tmp_path, "store/1/a.jpg", "store/2/b.jpg")
    links = tmp_path / "links"
    links.mkdir()
    (links / "dandelion").symlink_to("../store/1")
    (links / "grass").symlink_to("../store/2")
    assert named(source(links)) == [("dandelion/a.jpg", "dandelion"), ("grass/b.jpg", "grass")]


def test_one_class_is_nothing_to_tell_apart(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"too few classes \(a\).* at least 2.* Passed over: 1 image beside"):
        source(touch(tmp_path, "a/1.jpg", "b.jpg"))
    assert named(source(tmp_path, minimum_classes=1)) == [("a/1.jpg", "a")]


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere is not a folder"):
        source(tmp_path / "nowhere")


def test_folders_of_the_same_label_are_one_class(tmp_path: Path) -> None:
    touch(tmp_path, "L\u00f6wenzahn/1.jpg", "Lo\u0308wenzahn/2.jpg", "grass/3.jpg", "grass /4.jpg", "line\nbreak/5.jpg")
    assert sorted({label for _, label in named(source(tmp_path))}) == ["L\u00f6wenzahn", "grass", "line break"]


def test_folder_that_cannot_be_a_class_rejects_its_images_with_a_reason(tmp_path: Path) -> None:
    found = source(touch(tmp_path, "a/1.jpg", "b/1.jpg", f"{'x' * 150}/1.jpg"))
    rejected = [image for image in found.candidates() if isinstance(image, Rejection)]
    assert [(one.reason, one.detail) for one in rejected] == [
        (
            Reason.LABEL_MISSING,
            "The label has 150 characters; at most 100 are accepted. Name the folder after its class.",
        )
    ]


def test_names_of_other_bytes_than_utf8_are_read(tmp_path: Path) -> None:
    touch(tmp_path, "Gras/0.jpg")
    folder = os.fsencode(tmp_path) + b"/L\xf6wenzahn"
    os.mkdir(folder)  # noqa: PTH102 - bytes
    Path(os.fsdecode(folder + b"/M\xfcller.jpg")).write_bytes(b"content")
    found = source(tmp_path)
    image = next(one for one in found.candidates() if isinstance(one, Candidate) and one.label != "Gras")
    assert (image.name, image.label) == (r"L\xf6wenzahn/M\xfcller.jpg", "Löwenzahn")
    assert found.read(image) == b"content"


def test_splits_of_the_folders_are_kept_on_request(tmp_path: Path) -> None:
    touch(tmp_path, "train/a/1.jpg", "train/b/2.jpg", "test/a/3.jpg")
    kept = source(tmp_path, split_folders=SplitFolders.KEEP)
    splits = {image.name: image.split for image in kept.candidates() if isinstance(image, Candidate)}
    assert splits == {"train/a/1.jpg": Split.TRAIN, "train/b/2.jpg": Split.TRAIN, "test/a/3.jpg": Split.HOLDOUT}


def test_unreadable_folder_leaves_the_others(unprivileged: Path) -> None:
    touch(unprivileged, "a/1.jpg", "b/1.jpg", "b/private/2.jpg")
    (unprivileged / "b" / "private").chmod(0)
    found = source(unprivileged)
    assert len(named(found)) == 2
    assert found.passed_over == {PassedOver.UNREADABLE_FOLDER: 1}
