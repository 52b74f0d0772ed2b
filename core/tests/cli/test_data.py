from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from meadow.settings import Settings

Meadow = Callable[..., int]
Shown = pytest.CaptureFixture[str]


@pytest.fixture
def lawns(tmp_path: Path) -> Path:
    for number in range(6):
        path = tmp_path / "lawns" / ("grass", "dandelion")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (9, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return tmp_path / "lawns"


@pytest.fixture
def stores(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEADOW_S3_ENDPOINT_URL", settings.s3_endpoint_url)
    monkeypatch.setenv("MEADOW_S3_ACCESS_KEY", settings.s3_access_key)
    monkeypatch.setenv("MEADOW_S3_SECRET_KEY", settings.s3_secret_key.get_secret_value())
    monkeypatch.setenv("MEADOW_IMAGES_BUCKET", f"cli-{abs(hash(tmp_path)):x}")


@pytest.mark.usefixtures("stores")
def test_a_folder_is_published_and_listed(meadow: Meadow, lawns: Path, capsys: Shown) -> None:
    (lawns / "grass" / "broken[red].png").write_bytes(b"broken")
    assert meadow("data", "publish", lawns) == 0
    shown = capsys.readouterr().out
    assert "broken[red].png: The bytes are not an image" in shown
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
    for arguments in (["list"], ["publish", lawns]):
        assert meadow("data", *arguments) == 2
        assert "Error: Could not" in capsys.readouterr().err
