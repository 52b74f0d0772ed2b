"""Calibration: temperature scaling, and the decision threshold below which a prediction is "unsure".

Both are fitted on predictions for images that the predicting network was not trained on, and that are not in the
hold-out. The temperature (Guo et al. 2017) never changes the predicted class.
"""

import logging
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.manifest import Calibration
from meadow_core.bundle.scores import probabilities
from meadow_core.quality.wilson import wilson_interval
from meadow_trainer.calibration.risk_control import controlled_threshold
from meadow_trainer.evaluation.evaluate import Floats, Labels, Logits

log = logging.getLogger(__name__)

_CANDIDATES = np.exp(np.linspace(np.log(0.25), np.log(4.0), 161))
_PRIOR_WEIGHT = 3.0
"""Weight of the prior at temperature 1: a few dozen images can all be correct by chance, and
would otherwise give near certainty."""
_PRIOR_WIDTH = 0.5
_FEWEST = 10

_CONFIDENCE = 1.2816
"""Normal quantile of a one-sided 90 % confidence bound."""
_HIGHEST_THRESHOLD = 0.95


@dataclass(frozen=True)
class Calibrated:
    """Temperature and threshold that turn logits into a decision."""

    temperature: float
    threshold: float
    record: Calibration


def calibrate(
    logits: Logits, labels: Labels, *, method: Literal["validation", "cross-fit", "none"], target: float
) -> Calibrated:
    """Fit temperature and threshold, with a record of what they were fitted on.

    Args:
        logits: [N, classes], by networks that did not see the images.
        labels: [N].
        method: Where the logits come from.
        target: Accuracy that accepted predictions should reach.
    """
    temperature = fit_temperature(logits, labels)
    probs = probabilities(logits, temperature)
    threshold, reached = choose_threshold(probs, labels, target=target)
    accepted = probs.max(axis=1) >= threshold
    record = Calibration(
        method=method,
        images=len(labels),
        target_accuracy=target,
        target_reached=reached,
        accepted_share=float(accepted.mean()) if len(labels) else None,
        accepted_accuracy=float((probs.argmax(axis=1) == labels)[accepted].mean()) if accepted.any() else None,
    )
    if not reached:
        log.warning(
            "No threshold is shown to reach %.0f %% accuracy of accepted predictions by %d images; those with a "
            "confidence below %.2f will be unsure.", target * 100, len(labels), threshold,
        )  # fmt: skip
    return Calibrated(temperature, threshold, record)


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """Fit the temperature that maximises the likelihood of the true classes.

    Args:
        logits: [N, classes] on images that were not trained on.
        labels: [N].

    Returns:
        A temperature between 0.25 and 4; 1 when there are fewer than ten images.
    """
    if len(labels) < _FEWEST:
        log.warning("Only %d images to calibrate with; the temperature stays at 1.", len(labels))
        return 1.0
    rows = np.arange(len(labels))
    losses = [
        -np.log(np.maximum(probabilities(logits, temperature)[rows, labels], 1e-12)).sum()
        + _PRIOR_WEIGHT * (np.log(temperature) / _PRIOR_WIDTH) ** 2 / 2
        for temperature in _CANDIDATES
    ]
    return float(_CANDIDATES[int(np.argmin(losses))])


def choose_threshold(probs: Floats, labels: Labels, *, target: float) -> tuple[float, bool]:
    """Choose the top probability below which a prediction is "unsure".

    The lowest threshold whose accepted predictions are shown to reach the target accuracy (see `risk_control`), but
    never below chance. The point estimate is unreliable on few images: five correct out of five do not show 98 %.
    Where nothing is shown, the lowest whose own 90 % bound (Wilson's) reaches the target, which is optimistic for one
    that was chosen among many; else the one with the highest bound; where even that is not above chance, 0.95.

    Args:
        probs: Calibrated probabilities [N, classes].
        labels: [N].
        target: Accuracy that accepted predictions should reach.

    Returns:
        The threshold, and whether it is shown to reach the target; with fewer than ten images, halfway between chance
        and certainty, and False.
    """
    chance = 1.0 / int(probs.shape[1])
    if len(labels) < _FEWEST:
        return (1 + chance) / 2, False
    top, right = probs.max(axis=1), probs.argmax(axis=1) == labels
    shown = controlled_threshold(top, right, target=target)
    if shown is not None:
        return max(shown, chance), True
    return _likely_threshold(top, right, target, chance), False


def _likely_threshold(top: Floats, right: NDArray[np.bool_], target: float, chance: float) -> float:
    by_confidence = np.argsort(-top, kind="stable")
    accepted = np.arange(1, len(top) + 1)
    correct = np.cumsum(right[by_confidence])
    # Equal probabilities share one threshold.
    last = np.append(np.diff(top[by_confidence]) != 0, True)
    candidates = top[by_confidence][last]
    bounds, _ = wilson_interval(correct[last].astype(float), accepted[last].astype(float), _CONFIDENCE)
    good = candidates[bounds >= target]
    if len(good):
        return max(float(good[-1]), chance)
    best = int(np.argmax(bounds))
    return float(candidates[best]) if bounds[best] > chance else _HIGHEST_THRESHOLD
