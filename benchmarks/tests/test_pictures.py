from pathlib import Path

from PIL import Image

from meadow_bench.pictures import PHOTOS, THUMBNAILS, Kind, folder_of, many_links, with_comment

SMALL = Kind("small", size=(64, 48), quality=80, distinct=2)


def test_so_many_files_each_with_bytes_of_its_own(tmp_path: Path) -> None:
    files = sorted(folder_of(SMALL, 5, tmp_path).iterdir())
    assert len(files) == 5
    assert len({file.read_bytes() for file in files}) == 5
    pixels = []
    for file in files:
        with Image.open(file) as image:
            assert image.size == SMALL.size
            pixels.append(image.tobytes())
    assert pixels[0] == pixels[2] == pixels[4] != pixels[1] == pixels[3]


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    first = sorted(folder_of(SMALL, 3, tmp_path).iterdir())
    written = first[0].stat().st_mtime_ns
    assert sorted(folder_of(SMALL, 3, tmp_path).iterdir()) == first
    assert first[0].stat().st_mtime_ns == written


def test_many_names_of_a_few_files(tmp_path: Path) -> None:
    images = sorted(folder_of(SMALL, 2, tmp_path).iterdir())
    folder = many_links(images, 1_001, tmp_path / "many")
    found = list(folder.rglob("*.jpg"))
    assert len(found) == 1_001
    assert {path.stat().st_ino for path in found} == {path.stat().st_ino for path in images}


def test_a_comment_changes_the_bytes_alone(tmp_path: Path) -> None:
    [image] = folder_of(SMALL, 1, tmp_path).iterdir()
    body = image.read_bytes()
    (tmp_path / "other.jpg").write_bytes(with_comment(body, "another"))
    with Image.open(image) as before, Image.open(tmp_path / "other.jpg") as after:
        assert before.tobytes() == after.tobytes()
        assert after.info["comment"] == b"another"


def test_the_kinds_are_what_they_are_called() -> None:
    assert PHOTOS.size[0] * PHOTOS.size[1] / 1e6 > 12
    assert THUMBNAILS.distinct is None
