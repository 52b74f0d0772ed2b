"""Metrics on slices of the hold-out, by image size and by brightness."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.scores import probabilities
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Floats, Logits, expected_calibration_error

_PARTS = 3


@dataclass(frozen=True)
class Slice:
    """Metrics on one slice of the hold-out."""

    by: str
    """What defines the slices: `short side` in pixels, or `brightness` between 0 and 1."""
    low: float
    high: float
    images: int
    accuracy: float
    calibration_error: float
    accepted_share: float
    """Share of predictions at or above the decision threshold."""


def measure_slices(
    images: EvaluationImages, logits: Logits, *, temperature: float, threshold: float
) -> tuple[Slice, ...]:
    """Measure on thirds of the images by original size and by brightness.

    Where many images share one value there are fewer slices than three.
    """
    probs = probabilities(logits, temperature)
    dimensions = {"brightness": images.pixels.mean(axis=(1, 2, 3)) / 255}
    if len(images.short_sides) == len(images):
        dimensions = {"short side": images.short_sides.astype(np.float64), **dimensions}
    return tuple(
        _measure(by, values, inside, probs, images.labels, threshold)
        for by, values in dimensions.items()
        for inside in _thirds(values)
    )


def _thirds(values: Floats) -> list[NDArray[np.bool_]]:
    edges = np.unique(np.quantile(values, np.arange(1, _PARTS) / _PARTS))
    part = np.digitize(values, edges, right=True)
    return [part == number for number in np.unique(part)]


def _measure(
    by: str, values: Floats, inside: NDArray[np.bool_], probs: Floats, labels: NDArray[np.int64], threshold: float
) -> Slice:
    chosen, top = probs[inside].argmax(axis=1), probs[inside].max(axis=1)
    correct = chosen == labels[inside]
    return Slice(
        by=by,
        low=float(values[inside].min()),
        high=float(values[inside].max()),
        images=int(inside.sum()),
        accuracy=float(correct.mean()),
        calibration_error=expected_calibration_error(top, correct),
        accepted_share=float((top >= threshold).mean()),
    )
