from pathlib import Path

import pytest

from meadow.datasets.folder import DatasetError, LabelledFile, find_images, read_class_folders


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_every_sub_folder_is_a_class_and_is_searched_to_the_bottom(tmp_path: Path) -> None:
    touch(tmp_path / "b" / "1.JPG", tmp_path / "a" / "deep" / "er" / "2.png", tmp_path / "a" / "1.webp")
    assert read_class_folders(tmp_path) == [
        LabelledFile(tmp_path / "a" / "1.webp", "a"),
        LabelledFile(tmp_path / "a" / "deep" / "er" / "2.png", "a"),
        LabelledFile(tmp_path / "b" / "1.JPG", "b"),
    ]


def test_what_is_hidden_or_no_image_is_left_out(tmp_path: Path) -> None:
    touch(
        tmp_path / "x.jpg",
        tmp_path / "notes.txt",
        tmp_path / ".DS_Store",
        tmp_path / "._x.jpg",
        tmp_path / ".cache" / "y.jpg",
        tmp_path / "deep" / ".thumbnails" / "z.jpg",
    )
    (tmp_path / "folder.jpg").mkdir()
    assert list(find_images(tmp_path)) == [tmp_path / "x.jpg"]


def test_a_hidden_parent_hides_nothing(tmp_path: Path) -> None:
    touch(tmp_path / ".home" / "photos" / "x.jpg")
    assert len(list(find_images(tmp_path / ".home" / "photos"))) == 1


def test_hidden_folders_are_no_classes(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "1.jpg", tmp_path / "b" / "1.jpg", tmp_path / ".git" / "1.jpg")
    assert {file.label for file in read_class_folders(tmp_path)} == {"a", "b"}


def test_one_class_is_nothing_to_tell_apart(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "1.jpg", tmp_path / "b.jpg")
    with pytest.raises(DatasetError, match=r"has 1 sub-folder\(s\); a classifier needs at least 2"):
        read_class_folders(tmp_path)


def test_a_class_without_images_is_named(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "1.jpg", tmp_path / "empty" / "readme.txt")
    with pytest.raises(DatasetError, match=r"empty holds no images \(\.avif"):
        read_class_folders(tmp_path)


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere is not a folder"):
        read_class_folders(tmp_path / "nowhere")
