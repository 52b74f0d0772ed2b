"""Ablation study (`python -m meadow_trainer.tuning.ablation`): the recipe with one part left out, or another put in.

Measured by cross-validation on the training images, so that the hold-out stays unseen. Prints a Markdown table, each
row as soon as it is measured.
"""

import dataclasses
import logging
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console

from meadow.schemas.training_config import TrainingConfig
from meadow_core.datasets.errors import DatasetError
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.errors import TrainingError
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.training.recipe import Recipe
from meadow_trainer.tuning.cross_validation import CrossValidation, CrossValidationResult

_FOLDS = 3
_IMAGE_SIZE = 112
"""A training from scratch at twice that takes four times as long."""
_RARE = 8
"""Class imbalance of the variants with a rare class."""


@dataclass(frozen=True)
class Variant:
    """A recipe with one part left out, or another put in."""

    name: str
    overrides: dict[str, Any] = field(default_factory=dict)
    """Changed settings of the configuration."""
    change: Callable[[Recipe], Recipe] = lambda recipe: recipe
    """Changes the resulting recipe."""
    thin_last_class: int = 1


def _without_average(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, average_decay=0.0)


def _full_size(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, early_view_size=recipe.late_view_size)


def _half(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, epochs=max(1, recipe.epochs // 2))


VARIANTS = (
    Variant("the whole recipe"),
    Variant("no augmentation", {"augmentation": 0.0}),
    Variant("the last weights instead of their average", change=_without_average),
    Variant("views of the full size from the start", change=_full_size),
    Variant("half as long", change=_half),
    Variant("with mixup (0.2)", {"mixup": 0.2}),
    Variant("with label smoothing (0.1)", {"label_smoothing": 0.1}),
    Variant("with both", {"mixup": 0.2, "label_smoothing": 0.1}),
    Variant(f"one class {_RARE} times as rare, not balanced", {"class_balance": "none"}, thin_last_class=_RARE),
    Variant(f"one class {_RARE} times as rare, balanced", {"class_balance": "sampling"}, thin_last_class=_RARE),
)


def main() -> None:
    """Run the command."""
    logging.basicConfig(level=logging.ERROR)
    typer.run(ablate)


def ablate(
    data: Annotated[Path, typer.Option(help="Folder with one sub-folder of images per class.")],
    seeds: Annotated[str, typer.Option(help="One seed, or several: 0,1,2.")] = "0,1,2",
    only: Annotated[str, typer.Option(help="Only rows whose name has this in it.")] = "",
    epochs: Annotated[int | None, typer.Option(help="Passes over the images; the recipe's when left out.")] = None,
    image_size: Annotated[int, typer.Option(help="Side of the model's input, in pixels.")] = _IMAGE_SIZE,
    architecture: Annotated[str, typer.Option(help="A classification model of torchvision or timm.")] = "resnet18",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; all cores when left out.")] = None,
) -> None:
    """Measure the recipe with each of its parts left out or replaced."""
    if threads:
        torch.set_num_threads(threads)
    console = Console(soft_wrap=True, highlight=False)
    base = TrainingConfig(architecture=architecture, image_size=image_size, epochs=epochs, pretrained=False)
    try:
        max_pixels = TrainerSettings.load().max_image_pixels
        source = folder_source(data, max_pixels=max_pixels)
        folds = CrossValidation(source, image_size, folds=_FOLDS, max_pixels=max_pixels)
        for line in _lines(folds, base, [int(seed) for seed in seeds.split(",")], only):
            console.print(line, markup=False)
    except (TrainingError, DatasetError) as error:
        console.print(f"✗ {error}", markup=False)
        sys.exit(1)


def _lines(folds: CrossValidation, base: TrainingConfig, seeds: list[int], only: str) -> Iterator[str]:
    yield "| Recipe | right | of each seed | mean recall | loss | seconds a training |"
    yield "|---|---|---|---|---|---|"
    for variant in VARIANTS:
        if only in variant.name:
            measured = [_measure(folds, base, seed, variant) for seed in seeds]
            yield _row(variant.name, measured)


def _measure(folds: CrossValidation, base: TrainingConfig, seed: int, variant: Variant) -> CrossValidationResult:
    config = TrainingConfig.model_validate({**base.model_dump(), **variant.overrides, "seed": seed})
    *_, last = folds.measure(config, TrainingCallbacks(), variant.change, thin_last_class=variant.thin_last_class)
    return last


def _row(name: str, measured: list[CrossValidationResult]) -> str:
    accuracies = [one.accuracy for one in measured]
    recall, loss = (statistics.mean(getattr(one, what) for one in measured) for what in ("recall", "loss"))
    seconds = statistics.mean(one.seconds / one.folds for one in measured)
    seeds = ", ".join(f"{one:.3f}" for one in accuracies)
    return f"| {name} | {statistics.mean(accuracies):.4f} | {seeds} | {recall:.4f} | {loss:.3f} | {seconds:.0f} |"


if __name__ == "__main__":
    main()
