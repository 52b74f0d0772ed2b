"""Wrong labels found by the audit (`python -m meadow_trainer.tuning.label_errors`).

Gives a share of a folder's images another label, lets the audit look for them, and counts; ten times for each share,
with other images and other folds. Prints a Markdown table, and what the audit finds among the labels as they are.
"""

import logging
import statistics
import sys
from collections import Counter
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
from meadow_trainer.evaluation.label_errors import find_label_errors
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.head import Features
from meadow_trainer.tuning.folder_features import folder_extractor


def main() -> None:
    """Run the command."""
    logging.basicConfig(level=logging.ERROR)
    typer.run(measure_label_errors)


def measure_label_errors(
    data: Annotated[Path, typer.Option(help="Folder with one sub-folder of images per class.")],
    percents: Annotated[str, typer.Option(help="Percentages of wrong labels.")] = "0,2,5,10",
    draws: Annotated[int, typer.Option(min=1, help="Draws of each percentage.")] = 10,
    architecture: Annotated[
        str, typer.Option(help="A classification model with pretrained weights.")
    ] = DEFAULT_ARCHITECTURE,
    image_size: Annotated[int, typer.Option(help="Side of the model's input, in pixels.")] = DEFAULT_IMAGE_SIZE,
) -> None:
    """Measure how many wrong labels the audit finds."""
    console = Console(soft_wrap=True, highlight=False)
    config = TrainingConfig(architecture=architecture, image_size=image_size, pretrained=True)
    try:
        source, extractor = folder_extractor(data, config)
        images = extractor.of(source.manifest.entries, TrainingCallbacks())
        classes = images.plain.classes
        for line in table(images.features, images.labels, classes, [float(one) for one in percents.split(",")], draws):
            console.print(line, markup=False)
        entries, _ = extractor.known(source.manifest.entries)
        found = Counter[int]()
        for seed in range(draws):
            found.update(find_label_errors(images.features, images.labels, classes, seed=seed).images.tolist())
        for image, times in found.most_common():
            console.print(f"as they are, found {times} times: {entries[image].source}", markup=False)
    except (TrainingError, DatasetError) as error:
        console.print(f"✗ {error}", markup=False)
        sys.exit(1)


def table(
    features: Features, labels: Labels, classes: tuple[str, ...], percents: list[float], draws: int
) -> Iterator[str]:
    """Yield the lines of the table.

    Args:
        features: [N, D].
        labels: [N], taken for right.
        classes: Their names.
        percents: Percentages of the labels that are made wrong.
        draws: How often for each percentage.
    """
    yield f"| Wrong labels, % of {len(labels)} | flagged, % (most) | recall (least) | precision (least) |"
    yield "|---|---|---|---|"
    for percent in percents:
        flagged, recalls, precisions = [], [], []
        for seed in range(draws):
            given, wrong = _mislabel(labels, len(classes), percent, seed)
            found = find_label_errors(features, given, classes, seed=seed).images
            hits = int(wrong[found].sum())
            flagged.append(100 * len(found) / len(labels))
            recalls.append(hits / max(1, int(wrong.sum())))
            precisions.append(hits / max(1, len(found)))
        share = f"| {percent:g} | {statistics.mean(flagged):.1f} ({max(flagged):.1f}) |"
        if not percent:
            yield f"{share} | |"
            continue
        yield (
            f"{share} {statistics.mean(recalls):.2f} ({min(recalls):.2f}) "
            f"| {statistics.mean(precisions):.2f} ({min(precisions):.2f}) |"
        )


def _mislabel(labels: Labels, classes: int, percent: float, seed: int) -> tuple[Labels, np.ndarray]:
    """Return labels of which some are wrong, and which ones are."""
    rng = np.random.default_rng(seed)
    wrong = np.zeros(len(labels), dtype=bool)
    wrong[rng.choice(len(labels), round(len(labels) * percent / 100), replace=False)] = True
    shift = rng.integers(1, classes, len(labels))
    return np.where(wrong, (labels + shift) % classes, labels), wrong


if __name__ == "__main__":
    main()
