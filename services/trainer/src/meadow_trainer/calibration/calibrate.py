"""Making a top probability of 0.8 mean that 80 % of such answers are right, and deciding when to say "unsure".

Both are fitted on answers to images that the network behind them was not trained on, and that are no part of the
hold-out. The temperature (Guo et al. 2017) never changes which class is on top.
"""

import logging
from dataclasses import dataclass
from typing import Literal

import numpy as np

from meadow.bundle.manifest import Calibration
from meadow.bundle.scores import probabilities
from meadow.quality.wilson import wilson_interval
from meadow_trainer.evaluation.evaluate import Floats, Labels, Logits

log = logging.getLogger(__name__)

_CANDIDATES = np.exp(np.linspace(np.log(0.25), np.log(4.0), 161))
_PRIOR_WEIGHT = 3.0
"""How much evidence it takes to move the temperature away from 1: a few dozen images can all be right by luck, and
would otherwise ask for certainty."""
_PRIOR_WIDTH = 0.5
_FEWEST = 10

_CONFIDENCE = 0.8416
"""Standard deviations of the normal distribution that four in five draws stay below."""
_HIGHEST_THRESHOLD = 0.95


@dataclass(frozen=True)
class Calibrated:
    """How a network's logits become an answer."""

    temperature: float
    threshold: float
    record: Calibration


def calibrate(
    logits: Logits, labels: Labels, *, method: Literal["validation", "cross-fit", "none"], target: float
) -> Calibrated:
    """Fit temperature and threshold, and say what they were fitted on.

    Args:
        logits: [N, classes], by networks that did not see the images.
        labels: [N].
        method: Where they come from.
        target: Share of the accepted answers that should be right.
    """
    temperature = fit_temperature(logits, labels)
    answers = probabilities(logits, temperature)
    threshold, reached = choose_threshold(answers, labels, target=target)
    accepted = answers.max(axis=1) >= threshold
    record = Calibration(
        method=method,
        images=len(labels),
        target_accuracy=target,
        target_reached=reached,
        accepted_share=float(accepted.mean()) if len(labels) else None,
        accepted_accuracy=float((answers.argmax(axis=1) == labels)[accepted].mean()) if accepted.any() else None,
    )
    if not reached:
        log.warning(
            "No threshold makes sure that %.0f %% of the accepted answers are right, as %d images tell; answers below "
            "%.2f will be unsure.", target * 100, len(labels), threshold,
        )  # fmt: skip
    return Calibrated(temperature, threshold, record)


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """Find the temperature under which the true classes are most likely.

    Args:
        logits: [N, classes] on images that were not trained on.
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


def choose_threshold(answers: Floats, labels: Labels, *, target: float) -> tuple[float, bool]:
    """Choose the top probability below which an answer is "unsure".

    The rule: the lowest threshold at which the answers above it are right in at least the target's share, with
    four-in-five confidence (the lower end of Wilson's interval), but never below what a coin among the classes gives.
    A plain share would be fooled by few images: five right ones out of five are no 98 %. Where no threshold reaches
    the target it is the one whose lower end is highest; where not even that beats the coin, 0.95.

    Args:
        answers: Calibrated probabilities [N, classes].
        labels: [N].
        target: Share of the accepted answers that should be right.

    Returns:
        The threshold, and whether the target is reached; when fewer than ten images tell, halfway between a coin and
        certainty, and no.
    """
    chance = 1.0 / int(answers.shape[1])
    if len(labels) < _FEWEST:
        return (1 + chance) / 2, False
    top = answers.max(axis=1)
    surest_first = np.argsort(-top, kind="stable")
    accepted = np.arange(1, len(top) + 1)
    right = np.cumsum((answers.argmax(axis=1) == labels)[surest_first])
    # Equal probabilities are accepted all or not at all.
    last = np.append(np.diff(top[surest_first]) != 0, True)
    candidates = top[surest_first][last]
    bounds, _ = wilson_interval(right[last].astype(float), accepted[last].astype(float), _CONFIDENCE)
    good = candidates[bounds >= target]
    if len(good):
        return max(float(good[-1]), chance), True
    best = int(np.argmax(bounds))
    return (float(candidates[best]) if bounds[best] > chance else _HIGHEST_THRESHOLD), False
