"""Selective classification with controlled risk: a threshold whose accepted predictions are shown to reach a target.

Learn then Test (Angelopoulos et al. 2021) with fixed-sequence testing: the hypotheses "the predictions above this
threshold are wrong more often than the target allows" are tested from high thresholds downwards, each by the exact
binomial tail (that is, by the bound of Clopper and Pearson 1934), until one is not rejected. Where to start follows
from the confidences, never from the labels, so no correction is paid for the thresholds in between. Geifman and
El-Yaniv (2017) pose the problem, and pay for a binary search.

What is guaranteed: with the probability `CONFIDENCE`, over the draw of the images, the accepted predictions of the
network that predicted them reach the target. That supposes independent images of the kind that will be served, and a
network that saw none of them (a validation split). Out-of-fold predictions come from several networks, each trained on
most of the other images, and the served one is trained on all; and the one number of the temperature is fitted to the
same labels. There the bound is an approximation, which `python -m meadow_trainer.tuning.risk_control` measures.
"""

import math

import numpy as np
from numpy.typing import NDArray

from meadow_trainer.evaluation.binomial import lower_tail
from meadow_trainer.evaluation.evaluate import Floats

CONFIDENCE = 0.95
"""Probability that the target holds on new images."""
_STARTS = 100
"""Numbers of accepted images that are considered to start at."""


def controlled_threshold(confidence: Floats, correct: NDArray[np.bool_], *, target: float) -> float | None:
    """Return the lowest threshold that is shown to reach the target accuracy.

    Args:
        confidence: [N], calibrated top probabilities.
        correct: [N], whether the predictions are correct.
        target: Accuracy that accepted predictions should reach, between 0 and 1.

    Returns:
        A confidence of these images, accepted itself; None where none is shown to reach the target, as always with
        fewer images than an errorless series must have: 149 for 0.98.
    """
    by_confidence = np.argsort(-confidence, kind="stable")
    ordered = confidence[by_confidence]
    # Equal probabilities share one threshold.
    accepted = np.flatnonzero(np.append(np.diff(ordered) != 0, len(ordered) > 0)) + 1
    errors = np.cumsum(~correct[by_confidence])
    passed = 0
    for count in accepted[accepted >= _start(ordered, accepted, 1 - target)]:
        if not _shown(int(errors[count - 1]), int(count), 1 - target):
            break
        passed = int(count)
    return float(ordered[passed - 1]) if passed else None


def _shown(errors: int, accepted: int, risk: float) -> bool:
    """Whether so few errors are shown to be less than the risk."""
    return lower_tail(errors, accepted, risk) <= 1 - CONFIDENCE


def _start(ordered: Floats, accepted: NDArray[np.int64], risk: float) -> float:
    """Return how many to accept first: so that the test is most likely to pass if the confidences are true.

    Args:
        ordered: [N], falling confidences.
        accepted: Numbers of images that a threshold can accept, rising.
        risk: Error rate that is allowed.
    """
    fewest = math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - risk))
    possible = accepted[accepted >= fewest]
    if not len(possible):
        return math.inf
    possible = possible[np.unique(np.linspace(0, len(possible) - 1, _STARTS).astype(int))]
    expected = np.cumsum(1 - ordered)
    allowed, best, chance = 0, math.inf, -1.0
    for count in possible:
        while _shown(allowed + 1, int(count), risk):
            allowed += 1
        passes = lower_tail(allowed, int(count), float(expected[count - 1] / count))
        if passes > chance:
            best, chance = float(count), passes
    return best
