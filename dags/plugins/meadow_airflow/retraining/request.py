"""What the trainer is asked for."""

from collections.abc import Mapping
from typing import Any

from meadow.schemas.training import TrainingCause
from meadow_airflow.settings import ARCHITECTURE, EPOCHS, IMAGE_SIZE, Setting

OPTIONS: dict[str, Setting[Any]] = {"architecture": ARCHITECTURE, "image_size": IMAGE_SIZE, "epochs": EPOCHS}


def training_request(
    dataset_name: str, dataset_version: str, cause: TrainingCause, params: Mapping[str, Any]
) -> dict[str, object]:
    """Write the body of `POST /v1/training-runs`; what nobody set is left to the trainer.

    Args:
        dataset_name: What to train on.
        dataset_version: Pinned now, so that a submission that is repeated asks for the same.
        cause: Why.
        params: What the run was started with; wins over the settings.
    """
    options = {name: params.get(name) or setting.get() for name, setting in OPTIONS.items()}
    if params.get("seed") is not None:
        options["seed"] = params["seed"]
    return {
        "dataset": dataset_name,
        "dataset_version": params.get("dataset_version") or dataset_version,
        "cause": cause.value,
        **{name: value for name, value in options.items() if value not in (None, "")},
    }
