"""`meadow-train`: train on a local folder, without the queue."""

import statistics
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError
from rich.console import Console

from meadow.cli.training_settings import SettingPairs, SettingsFile, describe_invalid, read_training_settings
from meadow.schemas.training_config import DEFAULT_ARCHITECTURE, DEFAULT_IMAGE_SIZE, TrainingConfig

_FAILED = 1
_BAD_USE = 2


def main() -> None:
    """Run the command."""
    typer.run(train)


def train(
    data: Annotated[Path, typer.Option(help="Folder with one sub-folder of images per class.")],
    out: Annotated[Path | None, typer.Option(help="New folder for the bundle and its figures.")] = None,
    architecture: Annotated[
        str | None,
        typer.Option(help=f"A classification model of torchvision or timm; {DEFAULT_ARCHITECTURE} when left out."),
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help=f"Side of the model's input, in pixels; {DEFAULT_IMAGE_SIZE} when left out.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the images; chosen from their number.")] = None,
    seeds: Annotated[str, typer.Option("--seeds", "--seed", help="One seed, or several: 0,1,2.")] = "0",
    pretrained: Annotated[
        Literal["auto", "yes", "no"] | None,
        typer.Option(help="Start from ImageNet weights; if they are available (auto)."),
    ] = None,
    max_minutes: Annotated[
        float | None, typer.Option(help="Training time after which the schedule is shortened.")
    ] = None,
    config: SettingsFile = None,
    pairs: SettingPairs = None,
    search: Annotated[
        int | None,
        typer.Option(min=1, help="Number of search trials by cross-validation first (needs meadow-trainer[search])."),
    ] = None,
    study: Annotated[Path | None, typer.Option(help="File that stores a search, so that it can resume.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Folder for checkpoints; an interrupted run resumes from them.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; all cores when left out.")] = None,
    track: Annotated[bool, typer.Option(help="Log to MLflow, register, and promote if better.")] = False,  # noqa: FBT002 - a switch
) -> None:
    """Train a classifier on a folder of images and report its hold-out metrics.

    The images are split by their content: about a quarter is held out and never trained on.
    """
    console = Console()
    named = {
        "architecture": architecture,
        "image_size": image_size,
        "epochs": epochs,
        "pretrained": {"auto": "auto", "yes": True, "no": False, None: None}[pretrained],
        "max_minutes": max_minutes,
    }
    asked = read_training_settings(config, pairs) | {name: value for name, value in named.items() if value is not None}
    try:
        configs = [TrainingConfig.model_validate(asked | {"seed": seed}) for seed in seeds.split(",")]
    except ValidationError as error:
        raise typer.BadParameter(describe_invalid(error)) from error
    _check_outputs(out, study, track=track)
    # torch takes seconds to import: `--help` and bad options do not wait for it.
    from meadow_trainer.runs.local import TRAINING_ERRORS, LocalTraining  # noqa: PLC0415

    local = LocalTraining(console, data, track=track, threads=threads)

    def of_seed(folder: Path | None, config: TrainingConfig) -> Path | None:
        return folder / f"seed-{config.seed}" if folder and len(configs) > 1 else folder

    try:
        if search is not None:
            configs = _search(console, data, configs, search, study, out)
        outcomes = [local.run(config, of_seed(out, config), of_seed(resume, config)) for config in configs]
    except TRAINING_ERRORS as error:
        console.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(_FAILED)
    if len(outcomes) > 1:
        accuracies = [outcome.accuracy for outcome in outcomes]
        console.print(
            f"Mean over {len(outcomes)} seeds: [bold]{statistics.mean(accuracies):.4f}[/] hold-out accuracy "
            f"(from {min(accuracies):.4f} to {max(accuracies):.4f}); "
            f"{statistics.mean(outcome.seconds for outcome in outcomes):.0f} s a run, "
            f"the longest {max(outcome.seconds for outcome in outcomes):.0f} s.",
            highlight=False,
        )


def _check_outputs(out: Path | None, study: Path | None, *, track: bool) -> None:
    """Refuse unusable output paths before anything is computed."""
    if out is not None and track:
        raise typer.BadParameter("With --track the bundle goes to the registry: leave out --out or --track.")
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise typer.BadParameter(f"{out} is not an empty folder. Give a new one.")
    if study is not None and not study.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {study.parent} to store the search in.")


def _search(
    console: Console, data: Path, configs: list[TrainingConfig], trials: int, study: Path | None, out: Path | None
) -> list[TrainingConfig]:
    """Search from the first configuration; return the best one once per seed."""
    try:
        from meadow_trainer.tuning.local_search import search_folder  # noqa: PLC0415 - Optuna is an extra
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        console.print("[red]✗[/] A search needs Optuna: install meadow-trainer\\[search].", highlight=False)
        sys.exit(_BAD_USE)
    figures = out.with_name(f"{out.name}-search") if out else None
    found = search_folder(console, data, configs[0], trials=trials, study=study, figures=figures)
    return [found.model_copy(update={"seed": config.seed}) for config in configs]
