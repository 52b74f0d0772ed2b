"""Whether confident answers are right (`python -m meadow_trainer.tuning.risk_control`).

Splits the images of a folder at random, again and again; fits a head on the features of one part, calibrates it on its
out-of-fold predictions, as a training run does, and measures the decisions on the other part. Prints a Markdown table.
The splits share their images, so they are no independent repetitions: they show how often a threshold keeps its promise
on these images, not on others.
"""

import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from meadow.schemas.training_config import DEFAULT_ARCHITECTURE, DEFAULT_IMAGE_SIZE, TrainingConfig
from meadow_core.bundle.scores import probabilities
from meadow_core.datasets.errors import DatasetError
from meadow_trainer.calibration.calibrate import calibrate
from meadow_trainer.errors import TrainingError
from meadow_trainer.evaluation.evaluate import Floats, Labels, expected_calibration_error
from meadow_trainer.training.head import Features, choose_head, fit_head
from meadow_trainer.tuning.folder_features import folder_features

_DRAWS = 20
"""Of labels that a perfectly calibrated model would meet, for each split."""


@dataclass(frozen=True)
class SplitResult:
    """The decisions on the images that were left out of one split."""

    confidence: Floats
    """[N], top probabilities."""
    correct: NDArray[np.bool_]
    """[N]"""
    accepted: NDArray[np.bool_]
    """[N]"""
    target_reached: bool
    """What the calibration said of its threshold."""

    @property
    def accepted_error(self) -> float:
        """Share of the accepted that are wrong; 0 where none is accepted."""
        return float((~self.correct[self.accepted]).mean()) if self.accepted.any() else 0.0


def main() -> None:
    """Run the command."""
    logging.basicConfig(level=logging.ERROR)
    typer.run(measure_risk_control)


def measure_risk_control(
    data: Annotated[Path, typer.Option(help="Folder with one sub-folder of images per class.")],
    splits: Annotated[int, typer.Option(min=1, help="How often the images are split.")] = 200,
    target: Annotated[float, typer.Option(help="Accuracy that accepted predictions should reach.")] = 0.98,
    architecture: Annotated[
        str, typer.Option(help="A classification model with pretrained weights.")
    ] = DEFAULT_ARCHITECTURE,
    image_size: Annotated[int, typer.Option(help="Side of the model's input, in pixels.")] = DEFAULT_IMAGE_SIZE,
) -> None:
    """Measure accepted predictions and calibration on many splits of a folder's images."""
    console = Console(soft_wrap=True, highlight=False)
    config = TrainingConfig(architecture=architecture, image_size=image_size, pretrained=True)
    try:
        training, holdout = folder_features(data, config)
    except (TrainingError, DatasetError) as error:
        console.print(f"✗ {error}", markup=False)
        sys.exit(1)
    features = np.concatenate([training.features, holdout.features])
    labels = np.concatenate([training.labels, holdout.labels])
    share = len(holdout.labels) / len(labels)
    classes = training.plain.classes
    results = [split_once(features, labels, classes, share, target=target, seed=seed) for seed in range(splits)]
    for line in table(results, target=target):
        console.print(line, markup=False)


def split_once(
    features: Features, labels: Labels, classes: Sequence[str], share: float, *, target: float, seed: int
) -> SplitResult:
    """Leave out a share of each class at random, train and calibrate on the others, and decide on those left out.

    Args:
        features: [N, D].
        labels: [N].
        classes: Their names.
        share: Of the images that are left out.
        target: Accuracy that accepted predictions should reach.
        seed: Draws the split.
    """
    rng = np.random.default_rng(seed)
    of_class = [rng.permutation(np.flatnonzero(labels == label)) for label in range(len(classes))]
    left_out = np.concatenate([inside[: round(share * len(inside))] for inside in of_class])
    seen = np.setdiff1d(np.arange(len(labels)), left_out)
    recipe, out_of_fold = choose_head(features[seen], labels[seen], classes, balanced=False, seed=seed)
    if out_of_fold is None:
        raise TrainingError("A class has a single image.")
    head = fit_head(features[seen], labels[seen], len(classes), recipe)
    made = calibrate(out_of_fold.logits, out_of_fold.labels, method="cross-fit", target=target)
    probs = probabilities(head.logits(features[left_out]), made.temperature)
    top = probs.max(axis=1)
    return SplitResult(
        confidence=top,
        correct=probs.argmax(axis=1) == labels[left_out],
        accepted=top >= made.threshold,
        target_reached=made.record.target_reached,
    )


def table(results: Sequence[SplitResult], *, target: float) -> Iterator[str]:
    """Yield the lines of the table."""
    shares = [float(one.accepted.mean()) for one in results]
    above = sum(one.accepted_error > 1 - target for one in results)
    shown = [one for one in results if one.target_reached]
    above_shown = sum(one.accepted_error > 1 - target for one in shown)
    confidence = np.concatenate([one.confidence for one in results])
    correct = np.concatenate([one.correct for one in results])
    accepted = np.concatenate([one.accepted for one in results])
    pooled = expected_calibration_error(confidence, correct)
    single = [expected_calibration_error(one.confidence, one.correct) for one in results]
    yield f"| {len(results)} splits, {len(results[0].correct)} images left out of each | |"
    yield "|---|---|"
    yield f"| accuracy | {correct.mean():.3f} |"
    yield f"| accepted: mean share; smallest | {np.mean(shares):.3f}; {min(shares):.3f} |"
    yield f"| accuracy of the accepted, of all splits together | {correct[accepted].mean():.4f} |"
    yield f"| splits whose accepted error is above {1 - target:.1%} | {above} of {len(results)} |"
    yield f"| splits where the threshold was shown to reach the target | {len(shown)} of {len(results)} |"
    yield f"| of these, accepted error above {1 - target:.1%} | {above_shown} of {len(shown)} |"
    yield f"| calibration error (ECE, ten bins), of all splits together | {pooled:.3f} |"
    yield f"| the same of a single split: mean | {np.mean(single):.3f} |"
    yield f"| the same of a perfectly calibrated model with these confidences | {_noise(results):.3f} |"


def _noise(results: Sequence[SplitResult]) -> float:
    """Return the mean calibration error of single splits if every confidence were true: what few images add to it."""
    rng = np.random.default_rng(0)
    drawn = [
        expected_calibration_error(one.confidence, rng.random(len(one.confidence)) < one.confidence)
        for one in results
        for _ in range(_DRAWS)
    ]
    return float(np.mean(drawn))


if __name__ == "__main__":
    main()
