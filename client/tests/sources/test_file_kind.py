import pytest

from meadow.image_files.file_kind import FileKind, PassedOverFiles, file_kind, system_folder


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.jpg", FileKind.IMAGE),
        ("a/b c/d.TIFF", FileKind.IMAGE),
        ("a.jpg/b.png", FileKind.IMAGE),
        ("a.heic", FileKind.IMAGE),
        ("a.txt", FileKind.OTHER),
        ("jpg", FileKind.UNTOLD),
        ("a/photo.jpg.1", FileKind.UNTOLD),
        (".jpg", FileKind.SYSTEM),
        ("a/.b.jpg", FileKind.SYSTEM),
        (".a/b.jpg", FileKind.SYSTEM),
        ("__MACOSX/a/b.jpg", FileKind.SYSTEM),
        ("a/Thumbs.db", FileKind.SYSTEM),
        (".a/", FileKind.SYSTEM),
        ("a/", FileKind.FOLDER),
        ("", FileKind.FOLDER),
    ],
)
def test_path_tells_what_its_file_is(path: str, kind: FileKind) -> None:
    assert file_kind(path) is kind


@pytest.mark.parametrize(
    ("path", "folder"),
    [("a/.git/b/.c/d", "a/.git"), ("@eaDir/", "@eaDir"), ("a/.b", ""), ("a/b", ""), ("", "")],
)
def test_outermost_system_folder_of_a_path(path: str, folder: str) -> None:
    assert system_folder(path) == folder


def test_system_folder_is_counted_once_with_all_in_it() -> None:
    files = PassedOverFiles()
    for path in (".git/a", ".git/b/.c", "x/.git/", "x/.git/a", "x/._a.jpg", "x/"):
        files.add(path, file_kind(path))
    assert files.take() == {"hidden or system folder": 2, "hidden or system file": 1}
    assert not files.take()


def test_system_folder_that_the_turn_before_ended_in_is_not_counted_again() -> None:
    files = PassedOverFiles(after="x/.git/a")
    for path in ("x/.git/b", "y/.git/c"):
        files.add(path, file_kind(path))
    assert files.take() == {"hidden or system folder": 1}
