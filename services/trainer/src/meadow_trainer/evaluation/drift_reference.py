"""Drift reference: predictions on the hold-out, counted as production counts its own."""

from collections import Counter

import numpy as np

from meadow.schemas.predictions import Prediction
from meadow_core.bundle.manifest import BundleManifest
from meadow_core.bundle.scores import decide, probabilities
from meadow_core.quality.counts import count
from meadow_trainer.evaluation.evaluate import Floats, Logits


def count_predictions(manifest: BundleManifest, logits: Logits, ood_scores: Floats | None) -> Counter[str]:
    """Count the bundle's predictions on the hold-out.

    Args:
        manifest: With temperature and threshold as they will be served.
        logits: The network's for the hold-out, [N, classes].
        ood_scores: [N]; None without an OOD detector.
    """
    rows = probabilities(logits, manifest.temperature)
    scores = [None] * len(rows) if ood_scores is None else ood_scores.tolist()
    return count(_predict(manifest, row, score) for row, score in zip(rows, scores, strict=True))


def _predict(manifest: BundleManifest, row: np.ndarray, ood_score: float | None) -> Prediction:
    decision, scores = decide(row, manifest, ood_score=ood_score)
    return Prediction(
        label=scores[0].label, decision=decision, scores=scores, ood_score=ood_score, width=0, height=0, infer_ms=0
    )
