"""Counting answers: what the model said, how sure it was, and how unlike the training images what it saw was.

The hold-out's answers and those of operation are counted by the same code, so that they can be compared.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping

from meadow.schemas.predictions import Prediction
from meadow.schemas.quality import Dimension

CONFIDENCE_EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Between the bins of the highest probability."""
UNLIKENESS_EDGES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.5)
"""Between the bins of `ood_score`."""

LABELLED = "labelled"
"""Field: answers that a person gave the right label for."""
RIGHT = "right"
"""Field: those of them that had that label."""


def fields_of(prediction: Prediction) -> list[str]:
    """Name the counters that an answer adds one to: `<dimension>:<bin>`."""
    confidence = bisect_right(CONFIDENCE_EDGES, prediction.scores[0].probability)
    fields = [
        f"{Dimension.PREDICTIONS}:{prediction.label}",
        f"{Dimension.CONFIDENCE}:{confidence}",
        f"{Dimension.DECISIONS}:{prediction.decision}",
    ]
    if prediction.ood_score is not None:
        fields.append(f"{Dimension.INPUT}:{bisect_right(UNLIKENESS_EDGES, prediction.ood_score)}")
    return fields


def count(predictions: Iterable[Prediction]) -> Counter[str]:
    """Count answers."""
    return Counter(field for prediction in predictions for field in fields_of(prediction))


def of_dimension(counts: Mapping[str, int], dimension: Dimension) -> dict[str, int]:
    """Return the bins of one dimension."""
    prefix = f"{dimension}:"
    return {field.removeprefix(prefix): number for field, number in counts.items() if field.startswith(prefix)}
