"""Predictions and classification metrics. Everything after the logits is plain NumPy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from meadow_core.bundle.scores import probabilities
from meadow_trainer.data.normalise import normalisation_of, normalise
from meadow_trainer.training.architectures import logits_of

Logits: TypeAlias = NDArray[np.float32]
"""[N, classes], before the softmax."""
Labels: TypeAlias = NDArray[np.int64]
"""[N], indices into the class names."""
Floats: TypeAlias = NDArray[np.float64]
Predict: TypeAlias = Callable[[NDArray[np.uint8]], Logits]
"""Returns the logits of pixels [N, size, size, 3], RGB."""

_BATCH = 64
_BINS = 10
_SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class ClassMetrics:
    """Precision and recall of one class."""

    precision: float
    recall: float
    support: int
    """Images of the class."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions whose top probability lies in one range."""

    confidence: float
    """Their mean top probability."""
    accuracy: float
    count: int


@dataclass(frozen=True)
class Measurement:
    """Metrics of a set of predictions."""

    accuracy: float
    loss: float
    """Mean negative log-likelihood of the true class."""
    calibration_error: float
    """Expected calibration error (ECE) over ten bins."""
    confusion: NDArray[np.int64]
    """[classes, classes]: rows are the true classes, columns the predicted ones."""
    per_class: dict[str, ClassMetrics]
    reliability: list[ReliabilityBin]

    @property
    def examples(self) -> int:
        """Number of images measured on."""
        return int(self.confusion.sum())


@torch.inference_mode()
def predict(network: nn.Module, pixels: NDArray[np.uint8], device: torch.device) -> Logits:
    """Predict images as the served model would, in float32.

    Args:
        network: Put into evaluation mode.
        pixels: [N, size, size, 3], RGB, as the core's preprocessing gives them.
        device: Where the network is.

    Returns:
        Logits of shape [N, classes].
    """
    network.eval()
    outputs = []
    for start in range(0, len(pixels), _BATCH):
        batch = torch.from_numpy(pixels[start : start + _BATCH]).to(device).permute(0, 3, 1, 2).float().div(255)
        outputs.append(logits_of(network(normalise(batch, normalisation_of(network)))).float().cpu().numpy())
    return np.concatenate(outputs)


def measure(logits: Logits, labels: Labels, classes: Sequence[str], *, temperature: float = 1.0) -> Measurement:
    """Compute metrics from logits and labels.

    Args:
        logits: [N, classes], N at least 1.
        labels: [N], indices into the classes.
        classes: Class names in the order of the outputs.
        temperature: Divides the logits.
    """
    probs = probabilities(logits, temperature)
    chosen = probs.argmax(axis=1)
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (labels, chosen), 1)
    truth = probs[np.arange(len(labels)), labels]
    reliability = _reliability(probs.max(axis=1), chosen == labels)
    return Measurement(
        accuracy=float((chosen == labels).mean()),
        loss=float(-np.log(np.maximum(truth, _SMALLEST_PROBABILITY)).mean()),
        calibration_error=_gap(reliability),
        confusion=confusion,
        per_class={label: _class_metrics(confusion, index) for index, label in enumerate(classes)},
        reliability=reliability,
    )


def correct_by_digest(logits: Logits, labels: Labels, digests: Sequence[str]) -> dict[str, bool]:
    """Return whether each image, by its digest, is classified correctly."""
    right = logits.argmax(axis=1) == labels
    return {digest: bool(one) for digest, one in zip(digests, right, strict=True)}


def expected_calibration_error(confidence: Floats, correct: NDArray[np.bool_]) -> float:
    """Return the expected calibration error (ECE) over ten bins."""
    return _gap(_reliability(confidence, correct))


def _gap(reliability: Sequence[ReliabilityBin]) -> float:
    count = sum(one.count for one in reliability)
    return sum(abs(one.confidence - one.accuracy) * one.count for one in reliability) / count


def _class_metrics(confusion: NDArray[np.int64], index: int) -> ClassMetrics:
    hits, predicted, support = confusion[index, index], confusion[:, index].sum(), confusion[index].sum()
    return ClassMetrics(
        precision=float(hits / predicted) if predicted else 0.0,
        recall=float(hits / support) if support else 0.0,
        support=int(support),
    )


def _reliability(confidence: Floats, correct: NDArray[np.bool_]) -> list[ReliabilityBin]:
    """Bin predictions by their top probability; empty bins are left out."""
    number = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        ReliabilityBin(float(confidence[inside].mean()), float(correct[inside].mean()), int(inside.sum()))
        for inside in (number == index for index in range(_BINS))
        if inside.any()
    ]
