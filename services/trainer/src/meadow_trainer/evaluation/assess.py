"""What people and the gate want to know of a finished model beyond its accuracy."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from meadow.bundle.manifest import BundleManifest
from meadow.bundle.scores import probabilities
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Floats, Logits, predict
from meadow_trainer.evaluation.invariance import MustPass, measure_invariance
from meadow_trainer.evaluation.roc_pr import PrecisionRecall, auroc, precision_recall
from meadow_trainer.evaluation.slices import Slice, measure_slices
from meadow_trainer.evaluation.synthetic_ood import render_synthetic_ood


@dataclass(frozen=True)
class DecisionShares:
    """How a set of pictures is answered; the three add up to 1."""

    confident: float
    unsure: float
    unknown: float


@dataclass(frozen=True)
class OodMetrics:
    """How well one kind of synthetic out-of-distribution image is told from the hold-out."""

    images: int
    shares: DecisionShares
    auroc: float | None
    """Of the OOD score; None when the bundle has no OOD detector."""
    auroc_energy: float
    """Of the energy score of the logits (Liu et al. 2020), for comparison."""
    auroc_confidence: float
    """Of the top probability, for comparison."""
    scores: Floats
    """OOD scores; empty when the bundle has no OOD detector."""


@dataclass(frozen=True)
class Assessment:
    """How a finished model answers, and what it is good and bad at."""

    shares: DecisionShares
    """On the hold-out."""
    accepted_accuracy: float | None
    """Of the confident answers on the hold-out; None when there are none."""
    holdout_ood_scores: Floats
    """OOD scores; empty when the bundle has no OOD detector."""
    ood: dict[str, OodMetrics]
    """Metrics on the synthetic out-of-distribution set, by kind; `all` comes last."""
    slices: tuple[Slice, ...]
    invariance: dict[str, float]
    """Share of hold-out predictions that stay the same, by perturbation."""
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
    kinds = render_synthetic_ood(manifest.preprocessing)
    kinds["all"] = np.concatenate(list(kinds.values()))
    ood = {}
    for kind, pixels in kinds.items():
        nameless = ("",) * len(pixels)
        blank = EvaluationImages(pixels, np.zeros(len(pixels), np.int64), nameless, nameless, manifest.classes)
        synthetic = _answers(predict(network, pixels, device), manifest, blank)
        ood[kind] = _compare(real, synthetic, manifest)
    confident = _confident(real, manifest)
    right = real.probabilities.argmax(axis=1) == holdout.labels
    return Assessment(
        shares=_shares(real, manifest),
        accepted_accuracy=float(right[confident].mean()) if confident.any() else None,
        holdout_ood_scores=np.zeros(0) if real.scores is None else real.scores,
        ood=ood,
        slices=measure_slices(holdout, logits, temperature=manifest.temperature, threshold=manifest.decision_threshold),
        invariance=measure_invariance(network, holdout, logits, device),
        curves={
            label: precision_recall(real.probabilities[:, index], holdout.labels == index)
            for index, label in enumerate(manifest.classes)
            if (holdout.labels == index).any()
        },
        must_pass=must_pass,
    )


def _answers(logits: Logits, manifest: BundleManifest, images: EvaluationImages) -> _Answers:
    detector = manifest.outliers
    scores = None if detector is None else detector.scores(images.pixels)
    return _Answers(logits, probabilities(logits, manifest.temperature), scores)


def _unknown(answers: _Answers) -> NDArray[np.bool_]:
    return np.zeros(len(answers.logits), dtype=bool) if answers.scores is None else answers.scores > 1


def _confident(answers: _Answers, manifest: BundleManifest) -> NDArray[np.bool_]:
    sure = answers.probabilities.max(axis=1) >= manifest.decision_threshold
    return np.asarray(sure & ~_unknown(answers))


def _shares(answers: _Answers, manifest: BundleManifest) -> DecisionShares:
    confident, unknown = float(_confident(answers, manifest).mean()), float(_unknown(answers).mean())
    return DecisionShares(confident=confident, unsure=max(0.0, 1 - confident - unknown), unknown=unknown)


def _compare(real: _Answers, synthetic: _Answers, manifest: BundleManifest) -> OodMetrics:
    return OodMetrics(
        images=len(synthetic.logits),
        shares=_shares(synthetic, manifest),
        auroc=None if real.scores is None or synthetic.scores is None else auroc(real.scores, synthetic.scores),
        auroc_energy=auroc(_energy(real.logits), _energy(synthetic.logits)),
        auroc_confidence=auroc(-real.probabilities.max(axis=1), -synthetic.probabilities.max(axis=1)),
        scores=np.zeros(0) if synthetic.scores is None else synthetic.scores,
    )


def _energy(logits: Logits) -> Floats:
    highest = logits.max(axis=1).astype(np.float64)
    return np.asarray(-(highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))))
