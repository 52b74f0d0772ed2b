"""Bundles without a network, registered as the trainer registers real ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

from meadow.schemas.models import ModelRef
from meadow_core.bundle.manifest import (
    BUNDLE_FILES,
    MANIFEST_FILE,
    PROBE_FILE,
    TRAINING_EMBEDDINGS_FILE,
    WEIGHTS_FILE,
    BundleManifest,
    HoldoutMetrics,
    write_manifest,
)
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.names import EXTRA_FILES_FOLDER
from meadow_core.registry.versions import ModelRegistry


def make_manifest() -> BundleManifest:
    """Make a manifest of two classes."""
    return BundleManifest(
        architecture="resnet18",
        classes=("dandelion", "grass, mown"),
        preprocessing=Preprocessing(size=64),
        decision_threshold=0.7,
        dataset_name="demo",
        dataset_digest="d1",
        metrics=HoldoutMetrics(accuracy=0.91, expected_calibration_error=0.02, examples=100, recall={}, precision={}),
    )


def register_bundle(
    registry: ModelRegistry,
    folder: Path,
    manifest: BundleManifest,
    *,
    content: str = "1",
    digest: str = "",
    extra: Callable[[Path], None] = lambda _: None,
) -> ModelRef:
    """Register a bundle laid out as the trainer logs it.

    Args:
        registry: Where to.
        folder: Of the artefacts; made.
        manifest: What is to be in it.
        content: Of the files that stand for graph and weights.
        digest: Instead of the true one; then there is no manifest.
        extra: Writes further files of the bundle into a folder.
    """
    (folder / EXTRA_FILES_FOLDER).mkdir(parents=True)
    for name in BUNDLE_FILES:
        (folder / name).write_text(f"{name} {content}")
    extra(folder)
    digest = digest or write_manifest(folder, manifest)
    for name in (WEIGHTS_FILE, PROBE_FILE, TRAINING_EMBEDDINGS_FILE, MANIFEST_FILE):
        if (folder / name).exists():
            shutil.move(folder / name, folder / EXTRA_FILES_FOLDER / name)
    return registry.register(run_id="", source=str(folder), model_id=None, manifest=manifest, digest=digest)
