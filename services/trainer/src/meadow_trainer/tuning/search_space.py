"""What a search may change about a training, and how far."""

from typing import Any

from optuna.trial import BaseTrial

from meadow.training_config import TrainingConfig
from meadow_trainer.training.recipe import Recipe

_RANGES: dict[str, tuple[float, float, bool]] = {
    # name: lowest, highest, whether factors matter rather than differences
    "learning_rate": (3e-4, 1e-1, True),
    "weight_decay": (5e-3, 0.5, True),
    "label_smoothing": (0.0, 0.2, False),
    "mixup": (0.0, 0.8, False),
    "augmentation": (0.4, 1.8, False),
}
_BATCH_SIZES = (16, 32, 64)

SEARCHED = (*_RANGES, "batch_size")


def starting_values(recipe: Recipe) -> dict[str, float]:
    """Return a recipe's place in the space; what lies outside is moved to its edge."""
    values: dict[str, float] = {
        name: min(highest, max(lowest, getattr(recipe, name))) for name, (lowest, highest, _) in _RANGES.items()
    }
    return {**values, "batch_size": min(_BATCH_SIZES, key=lambda size: abs(size - recipe.batch_size))}


def suggest(trial: BaseTrial, config: TrainingConfig) -> TrainingConfig:
    """Draw a configuration.

    Args:
        trial: Draws, and remembers what.
        config: Everything that is not searched stays as it is here.
    """
    drawn: dict[str, Any] = {
        name: trial.suggest_float(name, lowest, highest, log=log) for name, (lowest, highest, log) in _RANGES.items()
    }
    drawn["batch_size"] = trial.suggest_categorical("batch_size", _BATCH_SIZES)
    return TrainingConfig.model_validate({**config.model_dump(), **drawn})
