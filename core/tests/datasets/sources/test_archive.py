import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from meadow.image_files.passed_over import PassedOver
from meadow.schemas.rejection import Reason
from meadow_core.datasets.errors import DatasetError
from meadow_core.datasets.sources.archive import ArchiveSource, is_archive
from meadow_core.datasets.sources.model import Candidate, UnfitError

FILES = {
    "lawns/grass/1.jpg": b"grass one",
    "lawns/moss/2.jpg": b"moss two",
    "lawns/moss/5d41402abc": b"\xff\xd8\xff\xe0 without a suffix",
    "lawns/moss/notes.txt": b"text",
    "__MACOSX/lawns/moss/._2.jpg": b"resource fork",
}


def make_zip(path: Path, files: dict[str, bytes] = FILES, kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return path


def make_tar(path: Path, files: dict[str, bytes] = FILES) -> Path:
    mode = {".gz": "w:gz", ".xz": "w:xz", ".bz2": "w:bz2"}.get(path.suffix, "w")
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, body in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return path


@contextmanager
def opened(path: Path, *, max_bytes: int = 1000) -> Iterator[ArchiveSource]:
    source = ArchiveSource(path, max_bytes=max_bytes)
    try:
        yield source
    finally:
        source.close()


def contents(source: ArchiveSource) -> dict[str, tuple[str, bytes]]:
    return {one.name: (one.label, source.read(one)) for one in source.candidates() if isinstance(one, Candidate)}


@pytest.mark.parametrize(
    "name", ["lawns.zip", "lawns.tar", "lawns.tar.gz", "lawns.tgz.xz", "lawns.tar.bz2", "download"]
)
def test_archive_of_class_folders_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    path = make_tar(tmp_path / name) if "t" in name.partition(".")[2] else make_zip(tmp_path / name)
    assert is_archive(path)
    with opened(path) as source:
        assert contents(source) == {
            "lawns/grass/1.jpg": ("grass", b"grass one"),
            "lawns/moss/2.jpg": ("moss", b"moss two"),
            "lawns/moss/5d41402abc": ("moss", FILES["lawns/moss/5d41402abc"]),
        }
        assert source.passed_over == {".txt": 1, PassedOver.SYSTEM_FILE: 1}
        assert source.notes == ["The class folders are in lawns/."]


def test_nothing_is_written_where_a_name_in_a_tar_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = tmp_path / "deep" / "down"
    unpacked.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(unpacked))
    path = make_tar(tmp_path / "evil.tar", {"../../escaped/1.jpg": b"x", "a/1.jpg": b"one", "b/2.jpg": b"two"})
    with opened(path) as source:
        assert len(contents(source)) == 2
        assert list(unpacked.iterdir())
        assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("name", ["large.zip", "large.tar.gz"])
def test_no_more_of_an_image_is_unpacked_than_is_accepted(tmp_path: Path, name: str) -> None:
    files = {"a/1.jpg": bytes(5_000_000), "b/2.jpg": b"two"}
    path = make_zip(tmp_path / name, files) if name.endswith("zip") else make_tar(tmp_path / name, files)
    with opened(path) as source:
        first = next(one for one in source.candidates() if isinstance(one, Candidate))
        with pytest.raises(UnfitError, match="more than the 1,000 bytes") as caught:
            source.read(first)
        assert caught.value.reason is Reason.TOO_LARGE


def test_damaged_entry_is_one_unfit_image(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "damaged.zip", {"a/1.jpg": b"one one", "b/2.jpg": b"two"}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"one one", b"one 0ne", 1))
    with opened(path) as source:
        first, second = (one for one in source.candidates() if isinstance(one, Candidate))
        with pytest.raises(UnfitError, match="cannot be unpacked"):
            source.read(first)
        assert source.read(second) == b"two"


def test_truncated_tar_is_named(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "cut.tar.gz", {f"a/{number}.jpg": os.urandom(900) for number in range(20)})
    path.write_bytes(path.read_bytes()[:-9000])
    with pytest.raises(DatasetError, match="cannot be read as a zip or tar"):
        ArchiveSource(path, max_bytes=1000)


def test_archive_without_classes_says_what_it_holds(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "flat.zip", {"1.jpg": b"one", "readme.txt": b"two"})
    with pytest.raises(DatasetError, match=r"too few classes \(none\).*Passed over: 1 .txt, 1 image beside"):
        ArchiveSource(path, max_bytes=1000)


@pytest.mark.parametrize("body", [b"", b"url,label\n", b"<html>", b"PK"])
def test_other_files_are_no_archives(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(body)
    assert not is_archive(tmp_path / "x.zip")
