"""Registered versions without a model behind them."""

from pathlib import Path

from meadow_core.bundle.manifest import BundleManifest, HoldoutMetrics
from meadow_core.bundle.preprocess import Preprocessing
from meadow_core.registry.versions import ModelRegistry


def register_versions(registry: ModelRegistry, source: Path, count: int) -> None:
    """Register versions of a model that tells dandelions from grass; their digests are d0, d1, ..."""
    manifest = BundleManifest(
        architecture="resnet18",
        classes=("dandelion", "grass"),
        preprocessing=Preprocessing(size=64),
        decision_threshold=0.7,
        dataset_name="demo",
        dataset_digest="d",
        metrics=HoldoutMetrics(accuracy=0.9, expected_calibration_error=0, examples=1, recall={}, precision={}),
    )
    for number in range(count):
        registry.register(run_id="", source=str(source), model_id=None, manifest=manifest, digest=f"d{number}")
