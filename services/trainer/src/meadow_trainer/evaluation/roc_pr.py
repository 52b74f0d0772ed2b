"""ROC and precision-recall metrics: quality of a score over all thresholds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meadow_trainer.evaluation.evaluate import Floats


def auroc(lower: Floats, higher: Floats) -> float:
    """Return the area under the ROC curve: how often a score of the second group is above one of the first.

    Args:
        lower: Scores [N] of the group that should have the lower ones, N at least 1.
        higher: Scores [M] of the other group, M at least 1. A tie counts half.
    """
    ordered = np.sort(lower)
    below = np.searchsorted(ordered, higher, side="left")
    not_above = np.searchsorted(ordered, higher, side="right")
    return float((below + not_above).mean() / (2 * len(lower)))


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision-recall curve of one class, by falling threshold."""

    precision: Floats
    recall: Floats
    average_precision: float
    """Area under the curve."""


def precision_recall(scores: Floats, truth: NDArray[np.bool_]) -> PrecisionRecall:
    """Compute precision and recall as the threshold falls.

    Args:
        scores: Probabilities [N] of one class.
        truth: [N], whether the image is of the class; at least one is.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    # Equal scores share one threshold.
    last = np.append(np.diff(scores[order]) != 0, True)
    predicted = np.arange(1, len(scores) + 1)[last]
    precision, recall = hits[last] / predicted, hits[last] / hits[-1]
    area = float((np.diff(recall, prepend=0.0) * precision).sum())
    return PrecisionRecall(precision, recall, area)
