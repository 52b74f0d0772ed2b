from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from meadow.cli.main import main
from meadow.client.testing import FakeGateway
from meadow.settings import Settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MEADOW_{name.upper()}", raising=False)
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path / "home"))
    # Wide enough that no sentence is broken.
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        monkeypatch.setenv("MEADOW_API_URL", running.url)
        yield running


@pytest.fixture
def meadow(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the command as the installed script does; returns the status that the shell sees."""

    def run(*arguments: str | Path) -> int:
        monkeypatch.setattr("sys.argv", ["meadow", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        return int(caught.value.code or 0)

    return run


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
