"""Making a top probability of 0.8 mean that 80 % of such answers are right, and deciding when to say "unsure".

One number, the temperature, is fitted on images that were neither trained on nor are part of the hold-out
(Guo et al. 2017). It never changes which class is on top.
"""

import logging

import numpy as np

from meadow.bundle.scores import probabilities
from meadow_trainer.evaluate import Floats, Labels, Logits

log = logging.getLogger(__name__)

_CANDIDATES = np.exp(np.linspace(np.log(0.25), np.log(4.0), 161))
_PRIOR_WEIGHT = 3.0
"""How much evidence it takes to move the temperature away from 1: a few dozen images can all be right by luck, and
would otherwise ask for certainty."""
_PRIOR_WIDTH = 0.5
_FEWEST = 10

_TARGET = 0.95
_HIGHEST_THRESHOLD = 0.95


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """Find the temperature under which the true classes are most likely.

    Args:
        logits: [N, classes] on the validation part.
        labels: [N].

    Returns:
        A temperature between 0.25 and 4; 1 when there are fewer than ten images to tell from.
    """
    if len(labels) < _FEWEST:
        log.warning("Only %d images to calibrate with; probabilities stay as they are.", len(labels))
        return 1.0
    rows = np.arange(len(labels))
    losses = [
        -np.log(np.maximum(probabilities(logits, temperature)[rows, labels], 1e-12)).sum()
        + _PRIOR_WEIGHT * (np.log(temperature) / _PRIOR_WIDTH) ** 2 / 2
        for temperature in _CANDIDATES
    ]
    return float(_CANDIDATES[int(np.argmin(losses))])


def choose_threshold(answers: Floats, labels: Labels) -> float:
    """Choose the top probability below which an answer is "unsure".

    The rule: the lowest threshold at which 95 % of the answers above it were right on the validation part, but never
    below what a coin among the classes gives nor above 0.95. When too few images tell, it is halfway between a coin
    and certainty.

    Args:
        answers: Calibrated probabilities [N, classes] on the validation part.
        labels: [N].
    """
    chance = 1.0 / int(answers.shape[1])
    if len(labels) < _FEWEST:
        return (1 + chance) / 2
    top = answers.max(axis=1)
    correct = answers.argmax(axis=1) == labels
    candidates = np.unique(top)
    good = [float(one) for one in candidates if correct[top >= one].mean() >= _TARGET]
    if not good:
        return _HIGHEST_THRESHOLD
    return min(max(good[0], chance), _HIGHEST_THRESHOLD)
