"""Measurement of the champion, the model in production, on the challenger's hold-out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from meadow.schemas.dataset_manifest import DatasetEntry
from meadow_core.bundle.manifest import MODEL_FILE, BundleError, bundle_digest, read_bundle
from meadow_trainer.data.loader import EvaluationImages, ImageLoader
from meadow_trainer.errors import TrainingDataError
from meadow_trainer.evaluation.evaluate import Logits, correct_by_digest, measure
from meadow_trainer.export.graph import run_graph
from meadow_trainer.registry.gate import HoldoutResult
from meadow_trainer.training.feature_cache import FeatureCache

_NEVER = -1e4
"""Logit of a class that a model does not have."""


def measure_champion(
    folder: Path, loader: ImageLoader, holdout: Sequence[DatasetEntry], cache: Path | None = None
) -> HoldoutResult:
    """Measure a bundle as it is served, with its own graph, preprocessing and temperature.

    Images of classes that it does not have count as misclassified, as they would be in production.

    Args:
        folder: The bundle's.
        loader: Of the challenger's data set.
        holdout: The challenger's hold-out.
        cache: Folder of what networks gave for images before: of a hold-out that grows, only what is new is run.

    Raises:
        BundleError: The bundle is damaged, or its graph cannot be run.
        TrainingDataError: No image of the hold-out can be decoded.
    """
    manifest = read_bundle(folder)
    images = loader.for_evaluation(holdout, manifest.preprocessing)
    if not len(images):
        raise TrainingDataError("No image of the hold-out could be decoded.")
    try:
        logits = _logits(folder, images, FeatureCache(cache, bundle_digest(folder)))
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise BundleError(f"its graph cannot be run: {error}") from error
    classes = [*images.classes, *(label for label in manifest.classes if label not in images.classes)]
    aligned = np.full((len(images), len(classes)), _NEVER, dtype=np.float32)
    aligned[:, [classes.index(label) for label in manifest.classes]] = logits
    return HoldoutResult(
        measure(aligned, images.labels, classes, temperature=manifest.temperature),
        correct_by_digest(aligned, images.labels, images.digests),
    )


def _logits(folder: Path, images: EvaluationImages, cache: FeatureCache) -> Logits:
    rows = cache.find(list(images.digests))
    fresh = [place for place, digest in enumerate(images.digests) if digest not in rows]
    if fresh:
        computed = run_graph(folder / MODEL_FILE, images.pixels[fresh])
        added = {images.digests[place]: row for place, row in zip(fresh, computed, strict=True)}
        cache.add(added)
        rows |= added
    return np.stack([rows[digest] for digest in images.digests])
