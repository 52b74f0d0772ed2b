import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import (
    BUNDLE_FILES,
    MANIFEST_FILE,
    PROBE_FILE,
    WEIGHTS_FILE,
    BundleManifest,
    HoldoutMetrics,
    write_manifest,
)
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.names import EXTRA_FILES_FOLDER
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings


@pytest.fixture
def manifest() -> BundleManifest:
    return BundleManifest(
        architecture="resnet18",
        classes=("dandelion", "grass, mown"),
        preprocessing=Preprocessing(size=64),
        decision_threshold=0.7,
        dataset_name="demo",
        dataset_digest="d1",
        metrics=HoldoutMetrics(accuracy=0.91, expected_calibration_error=0.02, examples=100, recall={}, precision={}),
    )


@pytest.fixture
def registry_settings(mlflow_uri: str) -> Settings:
    """Another registered model for each test, in the store that they share."""
    return Settings.model_validate({"mlflow_tracking_uri": mlflow_uri, "registered_model": f"model-{uuid.uuid4().hex}"})


@pytest.fixture
def registry(registry_settings: Settings) -> ModelRegistry:
    return ModelRegistry(registry_settings)


@pytest.fixture
def register(registry: ModelRegistry, manifest: BundleManifest, tmp_path: Path) -> Callable[..., tuple[ModelRef, Path]]:
    """Register a bundle laid out as the trainer logs it; returns its reference and where its files lie."""

    def run(content: str = "1", *, digest: str = "") -> tuple[ModelRef, Path]:
        folder = tmp_path / "artefacts" / uuid.uuid4().hex
        (folder / EXTRA_FILES_FOLDER).mkdir(parents=True)
        for name in BUNDLE_FILES:
            (folder / name).write_text(f"{name} {content}")
        digest = digest or write_manifest(folder, manifest)
        for name in (WEIGHTS_FILE, PROBE_FILE, MANIFEST_FILE):
            if (folder / name).exists():
                shutil.move(folder / name, folder / EXTRA_FILES_FOLDER / name)
        ref = registry.register(run_id="", source=str(folder), model_id=None, manifest=manifest, digest=digest)
        return ref, folder

    return run
