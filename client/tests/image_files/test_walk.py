import os
import subprocess
from pathlib import Path

import pytest

from meadow.image_files.passed_over import PassedOver
from meadow.image_files.walk import ImageWalk

JPEG = b"\xff\xd8\xff\xe0" + bytes(60)


def found(walk: ImageWalk, *roots: Path) -> list[str]:
    return [file.path.removeprefix(f"{roots[file.root]}/") for file in walk.search(map(str, roots))]


def make(root: Path, *names: str, body: bytes = JPEG) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def test_files_are_found_by_suffix_in_any_case(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "B.JPEG", "c.jfif", "d/e.HEIC", "notes.txt", "raw.nef", "raw2.nef")
    walk = ImageWalk()
    assert found(walk, tmp_path) == ["B.JPEG", "a.jpg", "c.jfif", "d/e.HEIC"]
    assert walk.passed_over.sentence == "Passed over: 2 .nef, 1 .txt."


def test_files_whose_suffix_names_no_type_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    make(tmp_path, "5d41402abc", "photo.jpg?w=800", "photo.jpg.1", "IMG_1.jpg_original")
    make(tmp_path, "README", "data.2", body=b"text")
    walk = ImageWalk()
    assert len(found(walk, tmp_path)) == 4
    assert walk.passed_over == {PassedOver.NO_SUFFIX: 1, ".2": 1}


def test_circle_of_links_ends(tmp_path: Path) -> None:
    make(tmp_path, "2024/0.jpg")
    (tmp_path / "2024" / "latest").symlink_to(".")
    (tmp_path / "2024" / "parent").symlink_to("..")
    (tmp_path / "loop").symlink_to("loop")
    walk = ImageWalk()
    assert found(walk, tmp_path) == ["2024/0.jpg"]
    assert walk.passed_over == {PassedOver.LINKED_FOLDER: 2, PassedOver.BROKEN_LINK: 1}


def test_folder_behind_link_is_searched_once_and_real_folder_names_it(tmp_path: Path) -> None:
    make(tmp_path, "outside/o.jpg", "root/real/r.jpg")
    root = tmp_path / "root"
    (root / "a link").symlink_to("real")
    (root / "another").symlink_to("../outside")
    (root / "third").symlink_to("../outside")
    walk = ImageWalk()
    assert found(walk, root) == ["real/r.jpg", "another/o.jpg"]
    assert walk.passed_over == {PassedOver.LINKED_FOLDER: 2}


def test_link_from_one_root_into_another_does_not_take_its_images(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "a" / "more").symlink_to("../b")
    walk = ImageWalk()
    assert [(file.root, Path(file.path).name) for file in walk.search([f"{tmp_path}/a", f"{tmp_path}/b"])] == [
        (0, "1.jpg"),
        (1, "2.jpg"),
    ]
    assert walk.passed_over == {PassedOver.LINKED_FOLDER: 1}


def test_links_to_files_are_followed_and_broken_ones_counted(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/x.jpg")
    root = tmp_path / "root"
    root.mkdir()
    (root / "x.jpg").symlink_to("../elsewhere/x.jpg")
    (root / "y.jpg").symlink_to("../gone.jpg")
    walk = ImageWalk()
    assert found(walk, root) == ["x.jpg"]
    assert walk.passed_over == {PassedOver.BROKEN_LINK: 1}


@pytest.mark.parametrize(
    "name",
    ["__MACOSX/._a.jpg", "@eaDir/a.jpg", "#recycle/a.jpg", "lost+found/a.jpg", ".ipynb_checkpoints/a.jpg", "._a.jpg"],
)
def test_hidden_and_system_files_and_folders_hold_no_images(tmp_path: Path, name: str) -> None:
    make(tmp_path, "class/a.jpg", f"class/{name}")
    walk = ImageWalk()
    assert found(walk, tmp_path) == ["class/a.jpg"]
    assert walk.passed_over.total() == 1


def test_unreadable_folder_is_counted(unprivileged: Path) -> None:
    make(unprivileged, "a.jpg", "locked/b.jpg")
    (unprivileged / "locked").chmod(0)
    walk = ImageWalk()
    assert found(walk, unprivileged) == ["a.jpg"]
    assert walk.passed_over == {PassedOver.UNREADABLE_FOLDER: 1}


def test_pipe_is_no_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    walk = ImageWalk()
    assert found(walk, tmp_path) == []
    assert walk.passed_over == {PassedOver.SPECIAL_FILE: 1}


def test_deeply_nested_folders_are_searched(tmp_path: Path) -> None:
    deep = str(tmp_path)
    for _ in range(1200):
        deep += "/d"
        os.mkdir(deep)  # noqa: PTH102 - pathlib calls itself for each parent
    make(Path(deep), "a.jpg")
    try:
        assert len(found(ImageWalk(), tmp_path)) == 1
    finally:
        # As pathlib does, Python calls itself for each folder that it deletes.
        subprocess.run(["rm", "-r", f"{tmp_path}/d"], check=True)  # noqa: S603, S607


def test_name_of_other_bytes_than_utf8_is_found(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller.jpg")).write_bytes(JPEG)
    assert len(found(ImageWalk(), tmp_path)) == 1


def test_sentence_names_the_most_frequent_types_and_sums_up_the_rest() -> None:
    walk = ImageWalk()
    for number in range(7):
        walk.passed_over[f".{'abcdefg'[number]}"] = 9 - number
    walk.passed_over[PassedOver.BROKEN_LINK] = 30
    walk.passed_over[PassedOver.LOOSE_IMAGE] = 1
    assert walk.passed_over.sentence == (
        "Passed over: 9 .a, 8 .b, 7 .c, 6 .d, 5 .e, 7 files of 2 other types, 30 broken links, "
        "1 image beside the class folders."
    )
