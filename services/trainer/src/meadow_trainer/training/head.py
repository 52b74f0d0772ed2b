"""Linear head on frozen features: multinomial logistic regression, with L2 regularisation chosen by cross-validation.

The problem is convex, so a fit has no seed, no schedule and no early stopping: L-BFGS in float64 from zero ends at the
one optimum. Features are centred, and scaled by one number for all of them: with a few images a class, the spread of
each feature for itself is mostly noise, and dividing by it costs accuracy.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from meadow_trainer.calibration.calibrate import fit_temperature
from meadow_trainer.calibration.out_of_fold import assign_folds
from meadow_trainer.evaluation.evaluate import Floats, Labels, Logits, measure

Features = NDArray[np.float32]
"""[N, D], embeddings of images."""

STRENGTHS: tuple[float, ...] = tuple(10.0 ** (exponent / 2) for exponent in range(-5, 4))
"""Inverse strengths of the regularisation that are tried, as scikit-learn's C: of the sum over the images."""
_UNTRIED = 1.0
"""For classes of one image, which cannot be left out."""
_FOLDS = 5
_MOST_TRIED = 5000
"""Images that take part in the cross-validation: more hardly move the choice, and each fit would take seconds."""
_MANY = 2000
_MUCH_WORSE = 1.05
"""Loss relative to the best so far at which weaker regularisation is not tried: those fits take longest."""
_STEPS = 100
_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Head:
    """The last layer of a network."""

    weight: Floats
    """[classes, D]"""
    bias: Floats
    """[classes]"""

    def logits(self, features: Features) -> Logits:
        """Return the logits of features [N, D]."""
        return np.asarray(features @ self.weight.T + self.bias, dtype=np.float32)


@dataclass(frozen=True)
class HeadRecipe:
    """How a head is fitted."""

    strength: float
    """Inverse strength of the regularisation."""
    folds: int
    """Of the cross-validation that chose it; 0 where a class has too few images for one."""
    balanced: bool
    """Whether every class has the same weight, however many images it has."""
    images: int
    features: int


@dataclass(frozen=True)
class OutOfFold:
    """What heads say of images that they were not fitted on."""

    logits: Logits
    labels: Labels
    loss: float
    """Mean negative log-likelihood after temperature scaling."""
    accuracy: float


def fit_head(features: Features, labels: Labels, classes: int, recipe: HeadRecipe) -> Head:
    """Fit a head on features [N, D] and labels [N]."""
    with _few_threads(len(labels)):
        space = _Space.of(features)
        weights = _weights(labels, classes, balanced=recipe.balanced)
        solution = _fit(space.coordinates, torch.from_numpy(labels), classes, recipe.strength, weights, None)
        return space.head(solution)


def choose_head(
    features: Features, labels: Labels, classes: Sequence[str], *, balanced: bool, folds: int = _FOLDS, seed: int = 0
) -> tuple[HeadRecipe, OutOfFold | None]:
    """Choose the regularisation with the lowest cross-validated loss.

    Args:
        features: [N, D].
        labels: [N], each class at least once.
        classes: Their names.
        balanced: Whether every class has the same weight.
        folds: At most; fewer where a class has fewer images.
        seed: Shuffles the images among the folds.

    Returns:
        The recipe, and the out-of-fold predictions that it was chosen by: of the images, or of some of very many; None
        where a class has a single image.
    """
    count, size = features.shape
    folds = min(folds, int(np.bincount(labels, minlength=len(classes)).min()))
    if folds < 2:  # noqa: PLR2004 - one fold leaves nothing to fit on
        return HeadRecipe(_UNTRIED, 0, balanced, count, size), None
    order = np.random.default_rng(seed).permutation(count)[:_MOST_TRIED]
    with _few_threads(len(order)):
        strength, tried = _cross_validate(features[order], labels[order], classes, folds, balanced=balanced)
    return HeadRecipe(strength, folds, balanced, count, size), tried


def predict_out_of_fold(
    features: Features, labels: Labels, classes: int, recipe: HeadRecipe, *, usable: NDArray[np.bool_], seed: int = 0
) -> Logits:
    """Predict every image by a head that was fitted without it.

    Args:
        features: [N, D].
        labels: [N].
        classes: How many.
        recipe: With at least two folds.
        usable: [N], which images may be fitted on; all are predicted.
        seed: Shuffles the images among the folds.

    Returns:
        Logits [N, classes].
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = assign_folds(labels[order], recipe.folds)
    logits = np.empty((len(labels), classes), dtype=np.float32)
    for number in range(recipe.folds):
        seen = order[usable[order] & (fold[order] != number)][:_MOST_TRIED]
        unseen = fold == number
        logits[unseen] = fit_head(features[seen], labels[seen], classes, recipe).logits(features[unseen])
    return logits


def _cross_validate(
    features: Features, labels: Labels, classes: Sequence[str], folds: int, *, balanced: bool
) -> tuple[float, OutOfFold]:
    fold = assign_folds(labels, folds)
    space = _Space.of(features)
    solutions: list[Tensor | None] = [None] * folds
    best = (_UNTRIED, OutOfFold(np.empty((0, len(classes)), np.float32), labels[:0], np.inf, 0.0))
    for strength in STRENGTHS:
        logits = np.empty((len(labels), len(classes)), dtype=np.float32)
        for number in range(folds):
            seen, unseen = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            weights = _weights(labels[seen], len(classes), balanced=balanced)
            known = torch.from_numpy(labels[seen])
            solution = _fit(space.coordinates[seen], known, len(classes), strength, weights, solutions[number])
            logits[unseen] = _scores(space.coordinates[unseen], solution).numpy()
            solutions[number] = solution
        tried = _out_of_fold(logits, labels, classes)
        if tried.loss < best[1].loss:
            best = strength, tried
        elif tried.loss > _MUCH_WORSE * best[1].loss:
            break
    return best


@contextmanager
def _few_threads(images: int) -> Iterator[None]:
    """Compute on one thread where matrices are so small that several would only wait for each other."""
    before = torch.get_num_threads()
    try:
        if images < _MANY:
            torch.set_num_threads(1)
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class _Space:
    """Features centred, scaled and, where there are fewer images than features, rotated into fewer dimensions.

    The rotation keeps all distances, so a regularised fit in it is the same fit.
    """

    coordinates: Tensor
    """float64 [N, R]"""
    rotation: Tensor
    """float64 [R, D]"""
    mean: Tensor
    scale: float

    @classmethod
    def of(cls, features: Features) -> "_Space":
        rows = torch.from_numpy(features).double()
        mean = rows.mean(dim=0)
        centred = rows - mean
        scale = max(float(centred.square().mean().sqrt()), 1e-12)
        centred /= scale
        if len(rows) > rows.shape[1]:
            return cls(centred, torch.eye(rows.shape[1], dtype=torch.float64), mean, scale)
        _, _, rotation = torch.linalg.svd(centred, full_matrices=False)
        return cls(centred @ rotation.T, rotation, mean, scale)

    def head(self, solution: Tensor) -> Head:
        """Turn a solution in these coordinates into weights of the features."""
        weight = solution[:, :-1] @ self.rotation / self.scale
        bias = solution[:, -1] - weight @ self.mean
        return Head(weight.numpy(), bias.numpy())


def _fit(rows: Tensor, labels: Tensor, classes: int, strength: float, weights: Tensor, start: Tensor | None) -> Tensor:
    """Minimise the weighted cross-entropy with an L2 penalty on all but the bias: [classes, R + 1], the bias last."""
    solution = torch.zeros(classes, rows.shape[1] + 1, dtype=torch.float64) if start is None else start.clone()
    penalty = 1 / (2 * strength * len(rows))
    optimizer = torch.optim.LBFGS(
        [solution], max_iter=_STEPS, tolerance_grad=_TOLERANCE, history_size=20, line_search_fn="strong_wolfe"
    )

    truth = functional.one_hot(labels, classes)
    shares = (weights / len(rows))[:, None]

    def closure() -> Tensor:
        """Return the loss, and put its gradient where the optimiser looks: written out, in half of autograd's time."""
        log_probabilities = _scores(rows, solution).log_softmax(dim=1)
        errors = (log_probabilities.exp() - truth) * shares
        slope = torch.cat([errors.T @ rows, errors.sum(dim=0)[:, None]], dim=1)
        slope[:, :-1] += 2 * penalty * solution[:, :-1]
        solution.grad = slope
        return penalty * solution[:, :-1].square().sum() - (log_probabilities * truth * shares).sum()

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return solution


def _scores(rows: Tensor, solution: Tensor) -> Tensor:
    return rows @ solution[:, :-1].T + solution[:, -1]


def _weights(labels: Labels, classes: int, *, balanced: bool) -> Tensor:
    """Weight of each image, one on average."""
    counts = np.bincount(labels, minlength=classes)
    each = len(labels) / (classes * np.maximum(counts, 1)) if balanced else np.ones(classes)
    return torch.from_numpy(each[labels])


def _out_of_fold(logits: Logits, labels: Labels, classes: Sequence[str]) -> OutOfFold:
    measured = measure(logits, labels, classes, temperature=fit_temperature(logits, labels))
    return OutOfFold(logits, labels, measured.loss, measured.accuracy)
