"""Assessment of a trained model beyond its accuracy, for reports and the gate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meadow_core.bundle.manifest import BundleManifest
from meadow_core.bundle.ood_scores import ood_scores
from meadow_core.bundle.scores import probabilities
from meadow_core.bundle.training_embeddings import TrainingEmbeddings
from meadow_trainer.data.loader import EvaluationImages
from meadow_trainer.evaluation.evaluate import Floats, Logits
from meadow_trainer.evaluation.invariance import MustPass, measure_invariance
from meadow_trainer.evaluation.roc_pr import PrecisionRecall, auroc, precision_recall
from meadow_trainer.evaluation.slices import Slice, measure_slices
from meadow_trainer.evaluation.synthetic_ood import render_synthetic_ood
from meadow_trainer.export.graph import Graph


@dataclass(frozen=True)
class DecisionShares:
    """Share of each decision in a set of images; they add up to 1."""

    confident: float
    unsure: float
    unknown: float


@dataclass(frozen=True)
class OodMetrics:
    """How well one kind of synthetic out-of-distribution image is separated from the hold-out."""

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
    """Decisions, OOD detection, slices, invariance and precision-recall curves of a trained model."""

    shares: DecisionShares
    """On the hold-out."""
    accepted_accuracy: float | None
    """Accuracy of the confident predictions on the hold-out; None when there are none."""
    holdout_ood_scores: Floats
    """OOD scores; empty when the bundle has no OOD detector."""
    ood: dict[str, OodMetrics]
    """Metrics on the synthetic out-of-distribution set, by kind; `all` comes last."""
    slices: tuple[Slice, ...]
    invariance: dict[str, float]
    """Share of hold-out predictions that stay the same, by perturbation."""
    curves: dict[str, PrecisionRecall]
    """By class, except classes that the hold-out lacks."""
    must_pass: MustPass


@dataclass(frozen=True)
class Outputs:
    """Inputs of the decision, for a set of images."""

    logits: Logits
    scores: Floats | None
    """OOD scores; None when the bundle has no OOD detector."""


def assess(
    graph: Graph,
    manifest: BundleManifest,
    training: TrainingEmbeddings,
    holdout: EvaluationImages,
    real: Outputs,
    must_pass: MustPass,
) -> Assessment:
    """Assess a trained model.

    Args:
        graph: Run on perturbed and synthetic images.
        manifest: The bundle's, with temperature, threshold and OOD detector.
        training: The bundle's training embeddings.
        holdout: At least one image.
        real: What the model gives for the hold-out.
        must_pass: Result on the must-pass images.
    """

    def run(pixels: NDArray[np.uint8]) -> Outputs:
        logits, embeddings = graph.outputs(pixels)
        return Outputs(logits, ood_scores(manifest.outliers, training, pixels, embeddings))

    logits, rows = real.logits, probabilities(real.logits, manifest.temperature)
    outputs = {kind: run(pixels) for kind, pixels in render_synthetic_ood(manifest.preprocessing).items()}
    outputs["all"] = _joined(list(outputs.values()))
    ood = {kind: _compare(real, one, manifest) for kind, one in outputs.items()}
    confident = _confident(real, manifest)
    right = rows.argmax(axis=1) == holdout.labels
    return Assessment(
        shares=_shares(real, manifest),
        accepted_accuracy=float(right[confident].mean()) if confident.any() else None,
        holdout_ood_scores=np.zeros(0) if real.scores is None else real.scores,
        ood=ood,
        slices=measure_slices(holdout, logits, temperature=manifest.temperature, threshold=manifest.decision_threshold),
        invariance=measure_invariance(graph.logits, holdout, logits),
        curves={
            label: precision_recall(rows[:, index], holdout.labels == index)
            for index, label in enumerate(manifest.classes)
            if (holdout.labels == index).any()
        },
        must_pass=must_pass,
    )


def _joined(parts: Sequence[Outputs]) -> Outputs:
    scores = [one.scores for one in parts if one.scores is not None]
    return Outputs(np.concatenate([one.logits for one in parts]), np.concatenate(scores) if scores else None)


def _unknown(outputs: Outputs) -> NDArray[np.bool_]:
    return np.zeros(len(outputs.logits), dtype=bool) if outputs.scores is None else outputs.scores > 1


def _top(outputs: Outputs, manifest: BundleManifest) -> Floats:
    return np.asarray(probabilities(outputs.logits, manifest.temperature).max(axis=1))


def _confident(outputs: Outputs, manifest: BundleManifest) -> NDArray[np.bool_]:
    accepted = _top(outputs, manifest) >= manifest.decision_threshold
    return np.asarray(accepted & ~_unknown(outputs))


def _shares(outputs: Outputs, manifest: BundleManifest) -> DecisionShares:
    confident, unknown = float(_confident(outputs, manifest).mean()), float(_unknown(outputs).mean())
    return DecisionShares(confident=confident, unsure=max(0.0, 1 - confident - unknown), unknown=unknown)


def _compare(real: Outputs, synthetic: Outputs, manifest: BundleManifest) -> OodMetrics:
    return OodMetrics(
        images=len(synthetic.logits),
        shares=_shares(synthetic, manifest),
        auroc=None if real.scores is None or synthetic.scores is None else auroc(real.scores, synthetic.scores),
        auroc_energy=auroc(_energy(real.logits), _energy(synthetic.logits)),
        auroc_confidence=auroc(-_top(real, manifest), -_top(synthetic, manifest)),
        scores=np.zeros(0) if synthetic.scores is None else synthetic.scores,
    )


def _energy(logits: Logits) -> Floats:
    highest = logits.max(axis=1).astype(np.float64)
    return np.asarray(-(highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))))
