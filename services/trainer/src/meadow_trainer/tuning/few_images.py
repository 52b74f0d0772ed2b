"""Accuracy by the number of images (`python -m meadow_trainer.tuning.few_images`).

Measures how many images of a class a head on frozen features needs.
Draws a few images of each class from the training part, fits a head on their features, and measures it on the hold-out;
ten times for each number. The last row has all training images, with the folds of the cross-validation drawn anew each
time. Prints a Markdown table. No setting is chosen by the hold-out.
"""

import logging
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from meadow.schemas.training_config import DEFAULT_ARCHITECTURE, DEFAULT_IMAGE_SIZE, TrainingConfig
from meadow_core.datasets.errors import DatasetError
from meadow_trainer.errors import TrainingError
from meadow_trainer.evaluation.evaluate import Labels
from meadow_trainer.training.features import ImageFeatures
from meadow_trainer.training.head import choose_head, fit_head
from meadow_trainer.tuning.folder_features import folder_features


def main() -> None:
    """Run the command."""
    logging.basicConfig(level=logging.ERROR)
    typer.run(measure_few_images)


def measure_few_images(
    data: Annotated[Path, typer.Option(help="Folder with one sub-folder of images per class.")],
    counts: Annotated[str, typer.Option(help="Numbers of images a class.")] = "1,2,5,10,20,50",
    draws: Annotated[int, typer.Option(min=1, help="Draws of each number.")] = 10,
    architecture: Annotated[
        str, typer.Option(help="A classification model with pretrained weights.")
    ] = DEFAULT_ARCHITECTURE,
    image_size: Annotated[int, typer.Option(help="Side of the model's input, in pixels.")] = DEFAULT_IMAGE_SIZE,
) -> None:
    """Measure a head on frozen features of a few images a class."""
    console = Console(soft_wrap=True, highlight=False)
    config = TrainingConfig(architecture=architecture, image_size=image_size, pretrained=True)
    try:
        training, holdout = folder_features(data, config)
        for line in table(training, holdout, [int(one) for one in counts.split(",")], draws):
            console.print(line, markup=False)
    except (TrainingError, DatasetError) as error:
        console.print(f"✗ {error}", markup=False)
        sys.exit(1)


def table(training: ImageFeatures, holdout: ImageFeatures, counts: list[int], draws: int) -> Iterator[str]:
    """Yield the lines of the table; a number that a class does not have is left out.

    Args:
        training: What images are drawn from.
        holdout: What each head is measured on.
        counts: Numbers of images a class.
        draws: How often images are drawn for each number.
    """
    yield f"| Images a class | accuracy on {len(holdout.labels)} others, mean of {draws} draws | worst | best |"
    yield "|---|---|---|---|"
    smallest = int(np.bincount(training.labels).min())
    for count in (one for one in counts if one <= smallest):
        chosen = [_draw(training.labels, count, seed) for seed in range(draws)]
        yield _row(str(count), [_accuracy(training, holdout, one, seed) for seed, one in enumerate(chosen)])
    everything = np.arange(len(training.labels))
    yield _row("all", [_accuracy(training, holdout, everything, seed) for seed in range(draws)])


def _draw(labels: Labels, count: int, seed: int) -> Labels:
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [rng.choice(np.flatnonzero(labels == label), count, replace=False) for label in np.unique(labels)]
    )


def _accuracy(training: ImageFeatures, holdout: ImageFeatures, chosen: Labels, seed: int) -> float:
    features, labels, classes = training.features[chosen], training.labels[chosen], training.plain.classes
    recipe, _ = choose_head(features, labels, classes, balanced=False, seed=seed)
    head = fit_head(features, labels, len(classes), recipe)
    return float((head.logits(holdout.features).argmax(axis=1) == holdout.labels).mean())


def _row(name: str, accuracies: list[float]) -> str:
    mean = statistics.mean(accuracies)
    return f"| {name} | {mean:.3f} | {min(accuracies):.3f} | {max(accuracies):.3f} |"


if __name__ == "__main__":
    main()
