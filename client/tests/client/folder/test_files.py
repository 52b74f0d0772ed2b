import os
from collections.abc import Callable
from pathlib import Path

import pytest

from meadow.client.folder import FolderError, find_files

Photos = Callable[..., Path]


def names(*paths: Path | str) -> list[str]:
    return [file.name for file in find_files([str(path) for path in paths]).files]


def test_a_folder_is_searched_to_the_bottom_and_named_from_itself(photos: Photos) -> None:
    folder = photos("b.jpg", "a/deep/er/c.PNG", ".hidden/d.jpg")
    (folder / "notes.txt").touch()
    assert names(folder) == ["a/deep/er/c.PNG", "b.jpg"]
    assert [(Path(file.path), file.size) for file in find_files([str(folder)]).files] == [
        (path, path.stat().st_size) for path in (folder / "a/deep/er/c.PNG", folder / "b.jpg")
    ]


def test_a_file_is_taken_whatever_its_suffix(photos: Photos) -> None:
    assert names(photos("scan.dat") / "scan.dat") == ["scan.dat"]


def test_a_pattern_finds_files_below_it(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = photos("a/1.jpg", "a/b/2.jpg", "a/b/3.png", "4.jpg")
    assert names(f"{folder}/**/*.jpg") == [str(folder / name) for name in ("4.jpg", "a/1.jpg", "a/b/2.jpg")]
    monkeypatch.chdir(folder)
    assert names("a/*") == ["a/1.jpg", "a/b/2.jpg", "a/b/3.png"]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(photos: Photos) -> None:
    folder = photos("lawn[1].jpg", "lawn1.jpg")
    assert names(folder / "lawn[1].jpg") == ["lawn[1].jpg"]


def test_names_stay_apart_when_several_places_are_given(photos: Photos) -> None:
    folder = photos("a/x.jpg", "b/x.jpg")
    assert names(folder / "a", folder / "b") == [str(folder / "a/x.jpg"), str(folder / "b/x.jpg")]


def test_a_file_that_is_named_twice_is_classified_once(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = photos("a/x.jpg", "y.jpg")
    monkeypatch.chdir(folder)
    (folder / "link.jpg").symlink_to(folder / "y.jpg")
    assert len(find_files(["a", str(folder), "a/x.jpg", "./a/../a/*.jpg"]).files) == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none", "no file, no folder, and no pattern"), ("*.tif", "no pattern"), ("empty", "no images")],
)
def test_an_argument_that_names_nothing_is_told(photos: Photos, name: str, reason: str) -> None:
    folder = photos("x.jpg")
    (folder / "empty").mkdir()
    with pytest.raises(FolderError, match=reason):
        find_files([str(folder / "x.jpg"), str(folder / name)])


def test_files_come_in_the_order_of_their_paths_whatever_the_disk_says(photos: Photos) -> None:
    folder = photos("b.jpg", "a/2.jpg", "a.jpg", "a/10.jpg", "a b/x.jpg", "B.jpg")
    expected = sorted(path.relative_to(folder) for path in folder.rglob("*.jpg"))
    assert names(folder) == [str(path) for path in expected]


def test_two_names_of_one_file_are_two_files_but_a_link_to_it_is_not(photos: Photos) -> None:
    folder = photos("a.jpg")
    (folder / "b.jpg").hardlink_to(folder / "a.jpg")
    (folder / "c.jpg").symlink_to(folder / "b.jpg")
    (folder / "d.jpg").symlink_to(folder / "nowhere.jpg")
    assert names(folder) == ["a.jpg", "b.jpg"]


def test_a_name_that_is_no_utf_8_is_written_with_escapes(photos: Photos) -> None:
    folder = photos("a.jpg")
    (folder / "a.jpg").rename(os.fsdecode(os.fsencode(folder) + b"/lawn\xe4.jpg"))
    assert names(folder) == ["lawn\\xe4.jpg"]


def test_recursive_pattern_ends_in_circle_of_links(photos: Photos) -> None:
    folder = photos("2024/0.jpg", "2024/1.jpg")
    (folder / "2024" / "latest").symlink_to(".")
    (folder / "2024" / "parent").symlink_to("..")
    assert names(f"{folder}/**/*.jpg") == [f"{folder}/2024/0.jpg", f"{folder}/2024/1.jpg"]


def test_recursive_pattern_from_here_names_files_without_dot(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos("4.jpg", "a/b/2.jpg", "a/3.png"))
    assert names("**/*.jpg") == ["4.jpg", "a/b/2.jpg"]
    assert names("a/**") == ["a/3.png", "a/b/2.jpg"]


def test_pattern_gives_images_only_and_says_what_else_it_matches(photos: Photos) -> None:
    folder = photos("a.jpg", "sub/b.jpg")
    (folder / "notes.txt").touch()
    found = find_files([f"{folder}/*"])
    assert [file.name for file in found.files] == [f"{folder}/a.jpg", f"{folder}/sub/b.jpg"]
    assert found.passed_over.sentence == "Passed over: 1 .txt."
    with pytest.raises(FolderError, match=r"holds no images. Passed over: 1 .txt"):
        find_files([f"{folder}/**/*.txt"])


def test_pattern_says_nothing_of_files_that_it_does_not_match(photos: Photos) -> None:
    folder = photos("a.jpg")
    (folder / "notes.txt").touch()
    assert not find_files([f"{folder}/**/*.jpg"]).passed_over
