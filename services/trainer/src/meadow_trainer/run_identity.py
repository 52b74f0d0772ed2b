"""What a training's result depends on, by name."""

from meadow.training_config import TrainingConfig
from meadow_trainer.source import ImageSource


def run_identity(source: ImageSource, config: TrainingConfig) -> dict[str, str]:
    """Return the data set version, and every setting under its own name."""
    return {"dataset": source.manifest.digest} | {name: str(value) for name, value in config.model_dump().items()}
