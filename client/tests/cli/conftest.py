from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from command_line import Meadow, command_line
from fake_gateway import FakeGateway


@pytest.fixture(autouse=True)
def meadow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Meadow:
    return command_line(monkeypatch, tmp_path / "home")


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        monkeypatch.setenv("MEADOW_API_URL", running.url)
        yield running


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., Path]:
    """Write pictures under a folder, by their names."""

    def write(*names: str) -> Path:
        buffer = BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, "PNG")
        for name in names:
            path = tmp_path / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(buffer.getvalue())
        return tmp_path / "photos"

    return write
