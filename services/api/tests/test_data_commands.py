import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from command_line import Meadow, command_line
from image_host import ImageHost
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore

Shown = pytest.CaptureFixture[str]


def draw(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def lawns(tmp_path: Path) -> Path:
    for number in range(6):
        path = tmp_path / "lawns" / ("grass", "dandelion")[number % 2] / f"{number}.png"
        draw(path, number)
    return tmp_path / "lawns"


@pytest.fixture
def meadow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Meadow:
    return command_line(monkeypatch, tmp_path / "home")


@pytest.fixture
def stores(
    settings: Settings,
    gateway_with: Callable[..., AbstractContextManager[httpx.Client]],
    monkeypatch: pytest.MonkeyPatch,
    meadow: Meadow,
    tmp_path: Path,
) -> Iterator[None]:
    """An S3 server and a gateway that share a bucket of the test's own."""
    del meadow  # which clears the environment
    bucket = f"cli-{abs(hash(tmp_path)):x}"
    ObjectStore(settings).ensure_bucket(bucket)
    with gateway_with(images_bucket=bucket) as gateway:
        monkeypatch.setenv("MEADOW_API_URL", str(gateway.base_url))
        monkeypatch.setenv("MEADOW_S3_ENDPOINT_URL", settings.s3_endpoint_url)
        monkeypatch.setenv("MEADOW_S3_ACCESS_KEY", settings.s3_access_key)
        monkeypatch.setenv("MEADOW_S3_SECRET_KEY", settings.s3_secret_key.get_secret_value())
        monkeypatch.setenv("MEADOW_IMAGES_BUCKET", bucket)
        yield


@pytest.mark.usefixtures("stores")
def test_a_folder_is_published_and_listed(meadow: Meadow, lawns: Path, capsys: Shown) -> None:
    (lawns / "grass" / "broken[red].png").write_bytes(b"broken")
    assert meadow("data", "publish", lawns) == 0
    shown = capsys.readouterr().out
    assert "broken[red].png: The bytes seem to be text." in shown
    assert "6 images, 2 classes. Train on it: meadow train lawns" in shown
    assert meadow("data", "list") == 0
    assert "dandelion, grass" in capsys.readouterr().out


@pytest.mark.usefixtures("stores")
def test_what_cannot_be_published_is_one_sentence(meadow: Meadow, lawns: Path, capsys: Shown, tmp_path: Path) -> None:
    for arguments, reason in (
        ([tmp_path / "none"], "is not a folder"),
        ([lawns / "grass"], "needs at least 2"),
        ([lawns, "--name", "../up"], "no data set name"),
    ):
        assert meadow("data", "publish", *arguments) == 2
        assert reason in capsys.readouterr().err


def test_a_store_that_is_down_is_one_sentence(
    meadow: Meadow, lawns: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("MEADOW_S3_ENDPOINT_URL", f"http://127.0.0.1:{unused_port}")
    monkeypatch.setenv("MEADOW_S3_ACCESS_KEY", "key")
    monkeypatch.setenv("MEADOW_S3_SECRET_KEY", "secret")
    assert meadow("data", "publish", lawns) == 2
    assert "Error: Could not" in capsys.readouterr().err


@pytest.mark.usefixtures("stores")
def test_versions_are_listed_shown_and_compared(meadow: Meadow, lawns: Path, capsys: Shown, tmp_path: Path) -> None:
    assert meadow("data", "publish", lawns, "--report", tmp_path / "report.html") == 0
    assert "<h1>lawns</h1>" in (tmp_path / "report.html").read_text()
    assert meadow("data", "publish", lawns) == 0
    assert "Unchanged: lawns version" in capsys.readouterr().out
    (lawns / "grass" / "0.png").rename(lawns / "dandelion" / "moved.png")
    draw(lawns / "moss" / "new.png", 99)
    (lawns / "grass" / "2.png").unlink()
    assert meadow("data", "publish", lawns) == 0
    capsys.readouterr()

    assert meadow("data", "list", "lawns", "--json") == 0
    new, old = json.loads(capsys.readouterr().out)
    assert (len(new["classes"]), len(old["classes"])) == (3, 2)
    assert meadow("data", "list", "--json") == 0
    assert [each["digest"] for each in json.loads(capsys.readouterr().out)] == [new["digest"]]

    assert meadow("data", "diff", "lawns", old["digest"][:8]) == 0
    shown = capsys.readouterr().out
    assert "1 added, 1 removed, 1 labelled anew, 4 unchanged" in shown
    assert "~ dandelion/moved.png: grass → dandelion" in shown
    assert meadow("data", "diff", "lawns", old["digest"][:8], new["digest"][:8], "--json") == 0
    assert json.loads(capsys.readouterr().out)["classes"]["moss"]["added"] == 1

    assert meadow("data", "show", f"lawns@{old['digest'][:8]}", "--report", tmp_path / "old.html") == 0
    assert "folder lawns" in capsys.readouterr().out
    assert (tmp_path / "old.html").read_bytes() == (tmp_path / "report.html").read_bytes()
    assert meadow("data", "show", "lawns", "--json") == 0
    assert json.loads(capsys.readouterr().out) == new
    assert meadow("data", "show", "lawns@ffffffffffffffff") == 2
    assert "has no version ffffffffffffffff" in capsys.readouterr().err


@pytest.mark.usefixtures("stores")
def test_a_report_needs_a_place(meadow: Meadow, lawns: Path, capsys: Shown, tmp_path: Path) -> None:
    assert meadow("data", "publish", lawns) == 0
    for command in (["show", "lawns"], ["publish", lawns]):
        for report, reason in ((tmp_path / "missing" / "x.html", "there is no folder"), (tmp_path, "this is a folder")):
            assert meadow("data", *command, "--report", report) == 2
            assert reason in capsys.readouterr().err


@pytest.mark.usefixtures("stores")
def test_the_version_that_is_current_again_is_marked(meadow: Meadow, lawns: Path, capsys: Shown) -> None:
    assert meadow("data", "publish", lawns) == 0
    draw(lawns / "moss" / "new.png", 99)
    assert meadow("data", "publish", lawns) == 0
    shutil.rmtree(lawns / "moss")
    assert meadow("data", "publish", lawns) == 0
    capsys.readouterr()
    assert meadow("data", "list", "lawns") == 0
    _, first, second = capsys.readouterr().out.splitlines()
    assert "current" in first
    assert "moss" not in first
    assert "current" not in second
    assert "moss" in second


@pytest.mark.usefixtures("stores")
def test_a_list_of_addresses_is_published(
    meadow: Meadow, lawns: Path, capsys: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ImageHost() as host:
        rows = [
            f"{host.put(f'/{path.name}', path.read_bytes())},{path.parent.name}"
            for path in sorted(lawns.rglob("*.png"))
        ]
        (tmp_path / "plants.csv").write_text("\n".join(["url,label", *rows]))
        assert meadow("data", "publish", tmp_path / "plants.csv", "--report", tmp_path / "report.html") == 2
        assert "not a public address. Nothing was published." in " ".join(capsys.readouterr().err.split())
        assert "MEADOW_INGEST_ALLOWED_NETWORKS" in (tmp_path / "report.html").read_text()
        monkeypatch.setenv("MEADOW_INGEST_ALLOWED_NETWORKS", "127.0.0.0/8")
        assert meadow("data", "publish", tmp_path / "plants.csv") == 0
        assert "Published plants version" in capsys.readouterr().out
        assert meadow("data", "publish", tmp_path / "plants.csv", "--name", "other", "--corrections") == 0
        assert set(host.requests.values()) == {1}


@pytest.mark.usefixtures("stores")
def test_what_is_no_source_is_one_sentence(
    meadow: Meadow, lawns: Path, capsys: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.csv").write_text("colour,size\na,b")
    (tmp_path / "empty.csv").write_text("url,label\n")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for arguments, reason in (
        ([], "Name a source"),
        ([lawns, lawns], "--name NAME"),
        (["--corrections"], "--name NAME"),
        ([tmp_path / "other.csv"], "no columns for images and labels"),
        ([tmp_path / "empty.csv"], "lists no images"),
        ([tmp_path / "binary.csv"], "cannot be read as a CSV file"),
        ([tmp_path / "none.csv"], "cannot be read as a CSV file"),
        (["s3://"], "names no bucket"),
        ([f"s3://cli-{abs(hash(tmp_path)):x}/none/", "--name", "x"], "no images under"),
        ([lawns, "--report", tmp_path / "none" / "report.html"], "no folder"),
    ):
        assert meadow("data", "publish", *arguments) == 2
        assert reason in capsys.readouterr().err
    monkeypatch.setenv("MEADOW_INGEST_ALLOWED_NETWORKS", "intranet")
    assert meadow("data", "publish", "dandelion-grass") == 2
    assert "MEADOW_INGEST_ALLOWED_NETWORKS: 'intranet'" in capsys.readouterr().err
