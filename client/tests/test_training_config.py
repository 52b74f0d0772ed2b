"""What a training can be told, and where that is written."""

from pathlib import Path

from meadow.schemas.training import TrainingRequest
from meadow.schemas.training_config import TrainingConfig

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def test_every_setting_is_in_the_documentation() -> None:
    settings = PAGE.read_text().split("## Settings")[1].split("## ")[0]
    assert [name for name in TrainingConfig.model_fields if f"`{name}`" not in settings] == []


def test_a_request_without_settings_asks_for_the_defaults() -> None:
    assert TrainingRequest(dataset="lawns").config == TrainingConfig()
