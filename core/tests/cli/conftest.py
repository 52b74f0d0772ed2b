import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from meadow.cli.main import main
from meadow.client.testing import Answer, Asked, FakeGateway
from meadow.items import ItemPage, ItemResult, ItemState
from meadow.jobs.model import Job, JobError, JobKind, JobState, Links, Progress
from meadow.packs import read_pack
from meadow.predictions import Prediction
from meadow.settings import Settings

PACK_PATH = re.compile(r"/v1/batches/batch_1/packs/(\d+)")


class BatchGateway(FakeGateway):
    """A fake gateway that takes one batch, too, and is done with it once it is sealed."""

    def __init__(self) -> None:
        super().__init__()
        self.batch = Job(
            id="batch_1",
            kind=JobKind.BATCH,
            state=JobState.QUEUED,
            created_at=datetime.now(UTC),
            links=Links(self="/v1/jobs/batch_1", cancel="/v1/jobs/batch_1:cancel"),
        )
        self.ends_as = JobState.SUCCEEDED
        self._items: dict[int, list[ItemResult]] = {}

    def respond(self, request: Asked) -> Answer:
        pack = PACK_PATH.fullmatch(request.path)
        if pack:
            self._items[int(pack[1])] = [self._item(name, body) for name, body in read_pack(request.body)]
        elif request.path == "/v1/batches/batch_1:seal":
            items = self._all()
            failed = sum(item.state is ItemState.FAILED for item in items)
            progress = Progress(total=len(items), done=len(items), failed=failed)
            self.batch = self.batch.model_copy(update={"state": self.ends_as, "progress": progress})
        elif request.path == "/v1/jobs/batch_1/results":
            return Answer(content=ItemPage(items=self._all()).model_dump_json().encode())
        elif not request.path.startswith(("/v1/batches", "/v1/jobs/batch_1")):
            return super().respond(request)
        return Answer(content=self.batch.model_dump_json().encode())

    def _all(self) -> list[ItemResult]:
        return [item for _, items in sorted(self._items.items()) for item in items]

    def _item(self, name: str, body: bytes) -> ItemResult:
        outcome = self.state.classify(body, name)
        if isinstance(outcome, Prediction):
            return ItemResult(item=name, state=ItemState.SUCCEEDED, prediction=outcome)
        assert isinstance(outcome, JobError)
        return ItemResult(item=name, state=ItemState.FAILED, error=outcome)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MEADOW_{name.upper()}", raising=False)
    monkeypatch.setenv("MEADOW_HOME", str(tmp_path / "home"))
    # Wide enough that no sentence is broken.
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchGateway]:
    with BatchGateway() as running:
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
