"""Label errors: images whose label contradicts what heads say that were not fitted on them.

Confident learning: Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (JAIR
2021), on features of a pretrained network. Wrong labels pull the heads towards themselves, so what is found is left out
and the heads are fitted again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.scores import probabilities
from meadow_trainer.calibration.calibrate import fit_temperature
from meadow_trainer.evaluation.evaluate import Floats, Labels
from meadow_trainer.training.head import Features, choose_head, predict_out_of_fold

_ROUNDS = 2
_FEWEST = 10
"""Images of a class: with fewer, what is odd in a class cannot be told from what is wrong."""

_CONFIDENT = 0.9
"""Share of a class's mean probability from which an image is confidently of it. In the paper 1, which overlooks a
quarter of the wrong labels of photographs (`python -m meadow_trainer.tuning.label_errors` measures it)."""


@dataclass(frozen=True)
class LabelErrors:
    """Which labels are probably wrong, and what the images show instead."""

    images: NDArray[np.int64]
    """Their indices, the most certain error first."""
    suggested: Labels
    """Of each, the class that it probably shows."""
    probabilities: Floats
    """[N, classes] of all images, by heads that were not fitted on them."""


def find_label_errors(features: Features, labels: Labels, classes: tuple[str, ...], *, seed: int = 0) -> LabelErrors:
    """Find probably wrong labels.

    Args:
        features: [N, D].
        labels: [N], as they were given.
        classes: Their names.
        seed: Shuffles the images among the folds.

    Returns:
        Nothing found where a class has fewer than ten images.
    """
    features = _rotated(features)
    kept = np.ones(len(labels), dtype=bool)
    found = LabelErrors(np.empty(0, np.int64), np.empty(0, np.int64), np.full((len(labels), len(classes)), np.nan))
    for _ in range(_ROUNDS):
        if int(np.bincount(labels[kept], minlength=len(classes)).min()) < _FEWEST:
            break
        recipe, _ = choose_head(features[kept], labels[kept], classes, balanced=False, seed=seed)
        logits = predict_out_of_fold(features, labels, len(classes), recipe, usable=kept, seed=seed)
        probs = probabilities(logits, fit_temperature(logits[kept], labels[kept]))
        wrong, suggested = _contradicted(probs, labels, kept)
        order = np.flatnonzero(wrong)[np.argsort(_margins(probs, labels, suggested)[wrong], kind="stable")]
        found = LabelErrors(order, suggested[order], probs)
        if np.array_equal(kept, ~wrong):
            break
        kept = ~wrong
    return found


def _rotated(features: Features) -> Features:
    """Express few features of many dimensions in as many dimensions as there are images: no distance changes."""
    if len(features) >= features.shape[1]:
        return features
    centred = features - features.mean(axis=0)
    rotation = np.linalg.svd(centred, full_matrices=False)[2]
    return np.asarray(centred @ rotation.T, dtype=np.float32)


def _contradicted(probs: Floats, labels: Labels, kept: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Labels]:
    """Return which images are confidently another class than labelled, and that class.

    An image is confidently of a class when its probability is about the mean of that class's images, or more (the
    paper's equation 2).
    """
    classes = probs.shape[1]
    thresholds = _CONFIDENT * np.array([probs[kept & (labels == one), one].mean() for one in range(classes)])
    confident = np.where(probs >= thresholds, probs, -1.0)
    suggested = confident.argmax(axis=1)
    return (confident.max(axis=1) >= 0) & (suggested != labels), suggested


def _margins(probs: Floats, labels: Labels, suggested: Labels) -> Floats:
    """Return the probability of the given label less that of the suggested one: the normalised margin."""
    rows = np.arange(len(labels))
    return np.asarray(probs[rows, labels] - probs[rows, suggested])
