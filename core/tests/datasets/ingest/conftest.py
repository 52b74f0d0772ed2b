"""Publishing from real sources into a real object store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from image_host import ImageHost
from meadow_core.datasets.catalog import DatasetCatalog
from meadow_core.datasets.ingest.run import Publication
from meadow_core.datasets.sources.named import open_sources
from meadow_core.settings import Settings
from meadow_core.storage.s3 import ObjectStore

Publish = Callable[..., Publication]
Paint = Callable[..., bytes]


@pytest.fixture
def local(settings: Settings, bucket: str) -> Settings:
    return settings.model_copy(update={"images_bucket": bucket, "ingest_allowed_networks": "127.0.0.0/8"})


@pytest.fixture
def publish(catalog: DatasetCatalog, store: ObjectStore, local: Settings) -> Publish:
    def run(
        *texts: str | Path, name: str = "lawns", add: bool = False, corrections: bool = False, **more: object
    ) -> Publication:
        changed = local.model_copy(update=more.pop("changed", {}))  # type: ignore[arg-type]
        sources = open_sources(
            [str(text) for text in texts], changed, store, corrections=corrections, add=add,
            refresh=bool(more.pop("refresh", False)),
        )  # fmt: skip
        return catalog.publish(name, sources, add=add, **more)  # type: ignore[arg-type]

    return run


@pytest.fixture
def listed(host: ImageHost, picture: Paint, tmp_path: Path) -> Path:
    """A list of 6 + 6 images on the host."""
    rows = ["url,label"]
    for number in range(12):
        label = ("dandelion", "grass")[number % 2]
        rows.append(f"{host.put(f'/{label}/{number}.png', picture(number))},{label}")
    path = tmp_path / "plants.csv"
    path.write_text("\n".join(rows))
    return path
