import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_gateway import FakeGateway

Meadow = Callable[..., int]
Shown = pytest.CaptureFixture[str]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "lawns.zip", "w") as archive:
        for name in ("grass.jpg", "a/broken.jpg", "flower.jpg"):
            archive.writestr(name, b"\xff\xd8\xff" * 1_000_000)
    return tmp_path / "lawns.zip"


def test_a_zip_goes_to_the_store_and_not_through_the_gateway(
    gateway: FakeGateway, meadow: Meadow, archive: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEADOW_API_KEY", "key-1")
    assert meadow("classify", archive) == 1
    shown = capsys.readouterr().out
    assert "3 images" in shown
    assert "a/broken.jpg: The image ends early" in shown
    (put,) = [asked for asked in gateway.asked if asked.method == "PUT"]
    assert put.body == archive.read_bytes()
    assert put.path.startswith("/store/")
    assert put.headers["Authorization"] is None, "the key is not for the store"
    assert put.headers["Content-Length"] == str(archive.stat().st_size)


@pytest.mark.parametrize("name", ["lawns.tar.gz", "lawns.tgz", "lawns.7z", "lawns.RAR"])
def test_other_archive_is_refused_with_what_to_do(
    gateway: FakeGateway, meadow: Meadow, tmp_path: Path, capsys: Shown, name: str
) -> None:
    (tmp_path / name).write_bytes(b"archive")
    assert meadow("classify", tmp_path / name) == 2
    assert "Unpack it and classify the folder" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert gateway.asked == []


def test_what_the_gateway_passed_over_is_said(gateway: FakeGateway, meadow: Meadow, capsys: Shown) -> None:
    gateway.batches.sources.prefixes["s3://photos/spring"] = {"grass.jpg": b"1"}
    gateway.batches.sources.passed_over = {".txt": 3, "hidden or system folder": 2}
    assert meadow("classify", "s3://photos/spring") == 0
    assert "Passed over: 3 .txt, 2 hidden or system folders." in capsys.readouterr().out
    capsys.readouterr()
    assert meadow("classify", "s3://photos/spring", "--resume") == 0
    assert "Passed over: 3 .txt, 2 hidden or system folders." in capsys.readouterr().out


def test_a_zip_that_is_uploaded_is_not_uploaded_again(
    gateway: FakeGateway, meadow: Meadow, archive: Path, capsys: Shown
) -> None:
    meadow("classify", archive)
    gateway.asked.clear()
    assert meadow("classify", archive, "--resume") == 1
    assert "Going on with batch_1, which is succeeded." in capsys.readouterr().out
    assert {asked.method for asked in gateway.asked} == {"GET"}


def test_a_zip_that_is_too_large_is_told_before_it_is_sent(
    gateway: FakeGateway, meadow: Meadow, archive: Path, capsys: Shown
) -> None:
    gateway.batches.sources.max_bytes = 100
    assert meadow("classify", archive) == 2
    assert "at most 100 are accepted. Unpack it and classify the folder." in capsys.readouterr().err
    assert all(asked.method != "PUT" for asked in gateway.asked)


def test_a_prefix_is_listed_by_the_gateway(gateway: FakeGateway, meadow: Meadow, tmp_path: Path, capsys: Shown) -> None:
    gateway.batches.sources.prefixes["s3://photos/spring"] = {"grass.jpg": b"1", "unsure.jpg": b"2"}
    out = tmp_path / "out.ndjson"
    assert meadow("classify", "s3://photos/spring", "--out", out) == 0
    assert "2 images" in capsys.readouterr().out
    assert out.read_text().count("\n") == 2
    assert next(iter(gateway.batches.opened.values())).job.name == "s3://photos/spring"


@pytest.mark.parametrize("other", ["s3://photos/autumn", "lawn.jpg"])
def test_such_a_source_is_given_alone(gateway: FakeGateway, meadow: Meadow, capsys: Shown, other: str) -> None:
    assert meadow("classify", "s3://photos/spring", other) == 2
    assert "give it alone" in capsys.readouterr().err
    assert gateway.asked == []


def test_a_prefix_without_a_bucket_is_told(gateway: FakeGateway, meadow: Meadow, capsys: Shown) -> None:
    assert meadow("classify", "s3://") == 2
    assert "s3://BUCKET/PREFIX" in capsys.readouterr().err
    assert not gateway.asked
