from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from meadow.datasets.catalog import DatasetCatalog
from meadow.settings import Settings
from meadow.storage.s3 import ObjectStore


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
