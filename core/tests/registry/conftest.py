import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import BundleManifest
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings import Settings
from registered_bundles import make_manifest, register_bundle


@pytest.fixture
def manifest() -> BundleManifest:
    return make_manifest()


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

    def run(
        content: str = "1", *, digest: str = "", extra: Callable[[Path], None] = lambda _: None
    ) -> tuple[ModelRef, Path]:
        folder = tmp_path / "artefacts" / uuid.uuid4().hex
        ref = register_bundle(registry, folder, manifest, content=content, digest=digest, extra=extra)
        return ref, folder

    return run
