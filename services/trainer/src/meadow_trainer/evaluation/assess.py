"""What people and the gate want to know of a finished model beyond its accuracy."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from meadow.bundle.manifest import BundleManifest
from meadow.bundle.outliers import OutlierModel
from meadow.bundle.scores import probabilities
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Floats, Logits, predict
from meadow_trainer.evaluation.invariance import MustPass, measure_unchanged
from meadow_trainer.evaluation.roc_pr import PrecisionRecall, auroc, precision_recall
from meadow_trainer.evaluation.slices import Slice, measure_slices
from meadow_trainer.evaluation.synthetic_ood import render_strangers


@dataclass(frozen=True)
class Shares:
    """How a set of pictures is answered; the three add up to 1."""

    confident: float
    unsure: float
    unknown: float


@dataclass(frozen=True)
class StrangerMetrics:
    """How well one kind of picture that is of no class is told from the hold-out."""

    images: int
    shares: Shares
    auroc: float | None
    """Of the score by which pictures are `unknown`; None when the bundle has none."""
    auroc_energy: float
    """Of the logits' energy (Liu et al. 2020), to compare with."""
    auroc_confidence: float
    """Of the top probability, to compare with."""
    scores: Floats
    """Of unlikeness; empty when the bundle has none."""


@dataclass(frozen=True)
class Assessment:
    """How a finished model answers, and what it is good and bad at."""

    shares: Shares
    """On the hold-out."""
    accepted_accuracy: float | None
    """Of the confident answers on the hold-out; None when there are none."""
    holdout_scores: Floats
    """Of unlikeness; empty when the bundle has none."""
    strangers: dict[str, StrangerMetrics]
    """By kind, `all` the last."""
    slices: tuple[Slice, ...]
    unchanged: dict[str, float]
    """Share of hold-out labels that stay the same, by what was done to the images."""
    curves: dict[str, PrecisionRecall]
    """By class, without those that the hold-out lacks."""
    must_pass: MustPass


@dataclass(frozen=True)
class _Answers:
    """Everything that a decision is made of."""

    logits: Logits
    probabilities: Floats
    scores: Floats | None


def assess(
    network: nn.Module,
    manifest: BundleManifest,
    holdout: EvaluationImages,
    logits: Logits,
    must_pass: MustPass,
    device: torch.device,
) -> Assessment:
    """Look at a model from all sides.

    Args:
        network: Answers the pictures that are made here.
        manifest: The bundle's: how logits become answers.
        holdout: At least one image.
        logits: The network's answers to it.
        must_pass: What came of the images that must be answered rightly.
        device: Where the network is.
    """
    real = _answers(logits, manifest, holdout)
    kinds = render_strangers(manifest.preprocessing)
    kinds["all"] = np.concatenate(list(kinds.values()))
    strangers = {}
    for kind, pixels in kinds.items():
        nameless = ("",) * len(pixels)
        blank = EvaluationImages(pixels, np.zeros(len(pixels), np.int64), nameless, nameless, manifest.classes)
        strange = _answers(predict(network, pixels, device), manifest, blank)
        strangers[kind] = _compare(real, strange, manifest)
    confident = _confident(real, manifest)
    right = real.probabilities.argmax(axis=1) == holdout.labels
    return Assessment(
        shares=_shares(real, manifest),
        accepted_accuracy=float(right[confident].mean()) if confident.any() else None,
        holdout_scores=np.zeros(0) if real.scores is None else real.scores,
        strangers=strangers,
        slices=measure_slices(holdout, logits, temperature=manifest.temperature, threshold=manifest.decision_threshold),
        unchanged=measure_unchanged(network, holdout, logits, device),
        curves={
            label: precision_recall(real.probabilities[:, index], holdout.labels == index)
            for index, label in enumerate(manifest.classes)
            if (holdout.labels == index).any()
        },
        must_pass=must_pass,
    )


def _answers(logits: Logits, manifest: BundleManifest, images: EvaluationImages) -> _Answers:
    outliers: OutlierModel | None = manifest.outliers
    scores = None if outliers is None else outliers.scores(images.pixels)
    return _Answers(logits, probabilities(logits, manifest.temperature), scores)


def _unknown(answers: _Answers) -> NDArray[np.bool_]:
    return np.zeros(len(answers.logits), dtype=bool) if answers.scores is None else answers.scores > 1


def _confident(answers: _Answers, manifest: BundleManifest) -> NDArray[np.bool_]:
    sure = answers.probabilities.max(axis=1) >= manifest.decision_threshold
    return np.asarray(sure & ~_unknown(answers))


def _shares(answers: _Answers, manifest: BundleManifest) -> Shares:
    confident, unknown = float(_confident(answers, manifest).mean()), float(_unknown(answers).mean())
    return Shares(confident=confident, unsure=max(0.0, 1 - confident - unknown), unknown=unknown)


def _compare(real: _Answers, strange: _Answers, manifest: BundleManifest) -> StrangerMetrics:
    return StrangerMetrics(
        images=len(strange.logits),
        shares=_shares(strange, manifest),
        auroc=None if real.scores is None or strange.scores is None else auroc(real.scores, strange.scores),
        auroc_energy=auroc(_energy(real.logits), _energy(strange.logits)),
        auroc_confidence=auroc(-real.probabilities.max(axis=1), -strange.probabilities.max(axis=1)),
        scores=np.zeros(0) if strange.scores is None else strange.scores,
    )


def _energy(logits: Logits) -> Floats:
    highest = logits.max(axis=1).astype(np.float64)
    return np.asarray(-(highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))))
