from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from image_host import ImageHost
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore


@pytest.fixture
def bucket(request: pytest.FixtureRequest, store: ObjectStore, settings: Settings) -> str:
    """The test's own, so that it starts empty."""
    del settings
    name = f"datasets-{abs(hash(request.node.nodeid)):x}"
    store.ensure_bucket(name)
    return name


@pytest.fixture
def catalog(store: ObjectStore, bucket: str) -> DatasetCatalog:
    return DatasetCatalog(store, bucket, max_image_pixels=1_000_000)


@pytest.fixture
def draw() -> Callable[..., None]:
    """Draw small pictures, each another one by its seed."""

    def run(folder: Path, count: int, *, seed: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = np.random.default_rng([seed, number]).integers(0, 256, (20, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")

    return run


@pytest.fixture
def lawns(tmp_path: Path, draw: Callable[..., None]) -> Path:
    draw(tmp_path / "lawns" / "dandelion", 3, seed=1)
    draw(tmp_path / "lawns" / "grass", 2, seed=2)
    return tmp_path / "lawns"


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Draw a picture that looks like no other, by its seed; bigger ones of the same seed are copies."""

    def run(seed: int, kind: str = "PNG", scale: int = 1) -> bytes:
        pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC)
        buffer = BytesIO()
        image.resize((160 * scale, 120 * scale)).save(buffer, kind)
        return buffer.getvalue()

    return run


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImageHost]:
    monkeypatch.setattr("meadow_core.net.downloader.FIRST_PAUSE_SECONDS", 0.01)
    with ImageHost() as running:
        yield running
