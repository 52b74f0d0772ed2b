"""Hyperparameter search on a local folder, with progress and results on the terminal."""

from pathlib import Path

from rich.console import Console

from meadow.schemas.training_config import TrainingConfig
from meadow_core.settings.services import TrainerSettings
from meadow_trainer.data.folder_source import folder_source
from meadow_trainer.errors import TrainingDataError
from meadow_trainer.training.callbacks import TrainingCallbacks
from meadow_trainer.tuning.cross_validation import CrossValidation
from meadow_trainer.tuning.search import TrialResult, search
from meadow_trainer.tuning.search_report import plot_trials, trials_table
from meadow_trainer.tuning.search_space import SEARCHED

_FOLDS = 3
FIGURE = "search.png"


def search_folder(
    console: Console, data: Path, config: TrainingConfig, *, trials: int, study: Path | None, figures: Path | None
) -> TrainingConfig:
    """Search for a better configuration, and print progress and trials.

    Args:
        console: Where to print.
        data: Folder with one sub-folder of images per class.
        config: The initial configuration.
        trials: Total number of trials.
        study: SQLite file that stores the trials; None stores none.
        figures: Folder for a plot of the trials; None plots none.

    Returns:
        The configuration of the best trial.

    Raises:
        TrainingError: A class has too few images to split, no trial completed, or the configuration is of a head on
            frozen features.
        DatasetError: The folder is not a usable data set.
    """
    if config.method == "frozen":
        raise TrainingDataError("A head on frozen features has no settings to search for: leave out --search.")
    # Else the settings that are found would not be used.
    config = config.model_copy(update={"method": "finetuned"})
    max_pixels = TrainerSettings.load().max_image_pixels
    source = folder_source(data, max_pixels=max_pixels)
    folds = CrossValidation(source, config.image_size, folds=_FOLDS, max_pixels=max_pixels)
    console.print(
        f"Searching with {trials} trials: {_FOLDS} trainings each, on parts of {len(folds.images.training)} images.",
        highlight=False,
    )

    def on_trial(row: TrialResult) -> None:
        loss = "no loss" if row.loss is None else f"loss {row.loss:.4f}"
        console.print(f"  trial {row.number}: {loss}, {row.state}", highlight=False)

    found = search(folds, config, trials=trials, storage=study, on_trial=on_trial, callbacks=TrainingCallbacks())
    console.print(trials_table(found))
    values = {"method": "finetuned"} | {name: f"{getattr(found.config, name):.4g}" for name in SEARCHED}
    best = " ".join(f"--set {name}={value}" for name, value in values.items())
    console.print(f"To train with these settings, here or with `meadow train`: {best}", highlight=False, soft_wrap=True)
    if figures is not None:
        figures.mkdir(parents=True, exist_ok=True)
        plot_trials(found).savefig(figures / FIGURE)
    return found.config
