"""From logits to an answer: temperature, softmax, and whether the model stands by it."""

import numpy as np
from numpy.typing import NDArray

from meadow.schemas.predictions import Decision, Score
from meadow_core.bundle.manifest import BundleManifest


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Turn logits of shape (N, classes) into calibrated probabilities of the same shape."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    exponentials = np.exp(scaled)
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def log_odds(logits: NDArray[np.float32], temperature: float, index: int) -> NDArray[np.float64]:
    """Return the natural logarithm of one class's calibrated odds against all others, for each row of logits.

    Where a probability sticks to one, this still tells how sure the network is.
    """
    scaled = logits.astype(np.float64) / temperature
    others = np.delete(scaled, index, axis=1)
    return np.asarray(scaled[:, index] - np.logaddexp.reduce(others, axis=1))


def decide(
    row: NDArray[np.float64], manifest: BundleManifest, *, ood_score: float | None = None, top_k: int | None = None
) -> tuple[Decision, list[Score]]:
    """Name the classes of one image, most likely first, and say whether the model stands by the first.

    Args:
        row: Probabilities, shape (classes,).
        manifest: Gives the class names and the threshold.
        ood_score: How unlike the training images the picture is; above 1 it is unknown, however sure the first class.
        top_k: How many classes to name; all when left out.
    """
    order = np.argsort(-row, kind="stable")
    scores = [Score(label=manifest.classes[index], probability=min(float(row[index]), 1.0)) for index in order]
    if ood_score is not None and ood_score > 1:
        return Decision.UNKNOWN, scores[:top_k]
    sure = scores[0].probability >= manifest.decision_threshold
    return (Decision.CONFIDENT if sure else Decision.UNSURE), scores[:top_k]
