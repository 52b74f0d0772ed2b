"""Search space of the hyperparameter search."""

from typing import Any

from optuna.trial import BaseTrial

from meadow.schemas.training_config import TrainingConfig
from meadow_trainer.training.recipe import Recipe

_RANGES: dict[str, tuple[float, float, bool]] = {
    # name: lowest, highest, whether the scale is logarithmic
    "learning_rate": (3e-4, 1e-1, True),
    "weight_decay": (5e-3, 0.5, True),
    "label_smoothing": (0.0, 0.2, False),
    "mixup": (0.0, 0.8, False),
    "augmentation": (0.4, 1.8, False),
}
_BATCH_SIZES = (16, 32, 64)

SEARCHED = (*_RANGES, "batch_size")


def starting_values(recipe: Recipe) -> dict[str, float]:
    """Return a recipe's values, clipped to the search space."""
    values: dict[str, float] = {
        name: min(highest, max(lowest, getattr(recipe, name))) for name, (lowest, highest, _) in _RANGES.items()
    }
    return {**values, "batch_size": min(_BATCH_SIZES, key=lambda size: abs(size - recipe.batch_size))}


def suggest(trial: BaseTrial, config: TrainingConfig) -> TrainingConfig:
    """Sample a configuration.

    Args:
        trial: Samples and records the values.
        config: Provides the settings that are not searched.
    """
    sampled: dict[str, Any] = {
        name: trial.suggest_float(name, lowest, highest, log=log) for name, (lowest, highest, log) in _RANGES.items()
    }
    sampled["batch_size"] = trial.suggest_categorical("batch_size", _BATCH_SIZES)
    return TrainingConfig.model_validate({**config.model_dump(), **sampled})
