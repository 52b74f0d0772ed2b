"""Drift reference: predictions on the hold-out, counted as production counts its own."""

from collections import Counter

import numpy as np

from meadow.schemas.predictions import Prediction
from meadow_core.bundle.manifest import BundleManifest
from meadow_core.bundle.scores import decide, probabilities
from meadow_core.quality.counts import count
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Logits


def count_predictions(manifest: BundleManifest, holdout: EvaluationImages, logits: Logits) -> Counter[str]:
    """Count the bundle's predictions on the hold-out.

    Args:
        manifest: With temperature, threshold and OOD detector as they will be served.
        holdout: The images.
        logits: The network's for them, [N, classes].
    """
    rows = probabilities(logits, manifest.temperature)
    ood_scores = [None] * len(rows) if manifest.outliers is None else manifest.outliers.scores(holdout.pixels).tolist()
    return count(_predict(manifest, row, score) for row, score in zip(rows, ood_scores, strict=True))


def _predict(manifest: BundleManifest, row: np.ndarray, ood_score: float | None) -> Prediction:
    decision, scores = decide(row, manifest, ood_score=ood_score)
    return Prediction(
        label=scores[0].label, decision=decision, scores=scores, ood_score=ood_score, width=0, height=0, infer_ms=0
    )
