"""Suspects of a published data set, as a training run left them in the store."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from command_line import command_line
from meadow.client import ApiProblem, AsyncClient, Client
from meadow.schemas.dataset_manifest import DatasetManifest
from meadow.schemas.label_suspects import LabelSuspect, LabelSuspects
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.suspects import LabelSuspectLists
from meadow_core.settings import Settings
from meadow_core.storage.layout import label_suspects_key
from meadow_core.storage.s3 import ObjectStore

URL = "/v1/datasets/lawns/suspects"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"images_bucket": f"images-{abs(hash(request.node.nodeid)):x}"})


@pytest.fixture
def catalog(settings: Settings, store: ObjectStore) -> DatasetCatalog:
    store.ensure_bucket(settings.images_bucket)
    return DatasetCatalog(store, settings.images_bucket, max_image_pixels=10_000)


@pytest.fixture
def lawns(tmp_path: Path) -> Path:
    for number in range(12):
        path = tmp_path / "lawns" / ("grass", "dandelion")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(path)
    return tmp_path / "lawns"


def found_in(manifest: DatasetManifest, count: int) -> LabelSuspects:
    """Say that the first images of a version have the other label."""
    suspects = [
        LabelSuspect(
            sha256=entry.sha256,
            label=entry.label,
            suggested="dandelion" if entry.label == "grass" else "grass",
            probability=0.9,
            label_probability=0.1,
            source=entry.source,
            split=entry.split,
        )
        for entry in manifest.entries[:count]
    ]
    return LabelSuspects(
        name=manifest.name,
        version=manifest.digest,
        examined_at=datetime(2026, 5, 4, tzinfo=UTC),
        images=len(manifest.entries),
        suspects=suspects,
    )


def test_suspects_of_the_last_training_run_are_listed(
    gateway: httpx.Client, catalog: DatasetCatalog, settings: Settings, store: ObjectStore, lawns: Path
) -> None:
    catalog.publish_folder("lawns", lawns)
    found = found_in(catalog.load("lawns"), 3)
    LabelSuspectLists(store, settings.images_bucket).write(found)
    answer = gateway.get(URL)
    assert answer.status_code == 200
    assert LabelSuspects.model_validate(answer.json()) == found


def test_images_that_were_relabelled_or_removed_are_no_suspects_any_more(
    gateway: httpx.Client, catalog: DatasetCatalog, settings: Settings, store: ObjectStore, lawns: Path
) -> None:
    catalog.publish_folder("lawns", lawns)
    found = found_in(catalog.load("lawns"), 3)
    LabelSuspectLists(store, settings.images_bucket).write(found)
    relabelled, removed, left = (Path(one.source) for one in found.suspects)
    paths = {path.name: path for path in lawns.rglob("*.png")}
    paths[removed.name].unlink()
    moved = paths[relabelled.name]
    moved.rename(lawns / found.suspects[0].suggested / moved.name)
    catalog.publish_folder("lawns", lawns)
    assert [Path(one["source"]).name for one in gateway.get(URL).json()["suspects"]] == [left.name]


def test_missing_list_or_data_set_is_a_problem(
    gateway: httpx.Client, catalog: DatasetCatalog, settings: Settings, store: ObjectStore, lawns: Path
) -> None:
    assert gateway.get(URL).json()["code"] == "not-found"
    catalog.publish_folder("lawns", lawns)
    answer = gateway.get(URL)
    assert answer.status_code == 404
    assert "No training run has examined" in answer.json()["detail"]
    store.put(settings.images_bucket, label_suspects_key("lawns"), b"{}")
    assert "damaged" in gateway.get(URL).json()["detail"]


async def test_both_clients_and_the_command_list_them(
    gateway: httpx.Client,
    catalog: DatasetCatalog,
    settings: Settings,
    store: ObjectStore,
    lawns: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    catalog.publish_folder("lawns", lawns)
    found = found_in(catalog.load("lawns"), 2)
    LabelSuspectLists(store, settings.images_bucket).write(found)
    url = str(gateway.base_url)
    with Client(url) as client:
        assert client.label_suspects("lawns") == found
        with pytest.raises(ApiProblem, match="no data set"):
            client.label_suspects("nothing")
    async with AsyncClient(url) as other:
        assert await other.label_suspects("lawns") == found
    meadow = command_line(monkeypatch, tmp_path / "home")
    monkeypatch.setenv("MEADOW_API_URL", url)
    assert meadow("data", "suspects", "lawns") == 0
    shown = capsys.readouterr().out
    assert "2 of 12 labels are probably wrong" in shown
    assert found.suspects[0].source in shown
    assert meadow("data", "suspects", "lawns", "--json") == 0
    assert LabelSuspects.model_validate_json(capsys.readouterr().out) == found
