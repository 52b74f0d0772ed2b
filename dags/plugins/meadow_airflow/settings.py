"""Every setting of the DAGs, in one place.

Each is an Airflow Variable named `meadow_...`, from Airflow's database or from the environment
(`AIRFLOW_VAR_MEADOW_...`), which is asked first; without either, the default here is what counts.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from airflow.sdk import Variable

T = TypeVar("T")

GATEWAY_CONNECTION = "meadow_api"
"""Type `http`: host, port, schema; an API key, where the gateway asks for one, is its password."""


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A value that whoever runs Airflow may change, while it runs."""

    name: str
    default: T
    read: Callable[[str], T]
    about: str

    def get(self) -> T:
        """The value that holds now; asks Airflow, so for tasks, never while a DAG is parsed."""
        text = Variable.get(self.name, default="")
        if not text.strip():
            return self.default
        try:
            return self.read(text)
        except ValueError as error:
            raise ValueError(f"The Variable {self.name} is {text!r}: {error}") from error


def _optional_number(text: str) -> int | None:
    return int(text)


def _sources(text: str) -> list[dict[str, str]]:
    sources: list[dict[str, str]] = json.loads(text)
    return sources


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("say true or false")
    return text.lower() == "true"


DATASET = Setting("meadow_dataset", "dandelion-grass", str, "The data set that is kept fresh and trained on.")
SOURCES = Setting[list[dict[str, str]]](
    "meadow_sources",
    [{"type": "url_list", "name": "dandelion-grass"}, {"type": "corrections"}],
    _sources,
    "Where its images come from; JSON, as `POST /v1/datasets` takes it.",
)
ADD = Setting("meadow_add", True, _switch, "Whether images that are in the data set stay when a source drops them.")  # noqa: FBT003
MAX_FAILED = Setting("meadow_max_failed", 0.5, float, "Share of a source's images that may be unreachable.")

MIN_NEW_IMAGES = Setting("meadow_min_new_images", 20, int, "New data retrains from so many changed images on.")
ARCHITECTURE = Setting("meadow_architecture", "", str, "What is trained; empty: the trainer's own default.")
IMAGE_SIZE = Setting[int | None]("meadow_image_size", None, _optional_number, "Pixels a side; empty: the same.")
EPOCHS = Setting[int | None]("meadow_epochs", None, _optional_number, "How long is trained; empty: the same.")

QUALITY_HOURS = Setting("meadow_quality_hours", 24, int, "The last hours that are watched for drift.")
COOLDOWN_HOURS = Setting("meadow_cooldown_hours", 24, int, "Drift retrains at most once in so many hours.")

INGEST_SECONDS = Setting("meadow_ingest_seconds", 2 * 3600, int, "An ingestion that takes longer is cancelled.")
TRAINING_SECONDS = Setting("meadow_training_seconds", 12 * 3600, int, "A training run that takes longer is cancelled.")
ROLL_OUT_SECONDS = Setting("meadow_roll_out_seconds", 600, int, "Until then every worker must serve a new version.")
SMOKE_IMAGES = Setting("meadow_smoke_images", 4, int, "Hold-out images that a new version must answer.")

WEBHOOK_URL = Setting("meadow_webhook_url", "", str, "Told of every task that failed for good; empty: nobody.")

SETTINGS: tuple[Setting[Any], ...] = (
    DATASET, SOURCES, ADD, MAX_FAILED, MIN_NEW_IMAGES, ARCHITECTURE, IMAGE_SIZE, EPOCHS, QUALITY_HOURS,
    COOLDOWN_HOURS, INGEST_SECONDS, TRAINING_SECONDS, ROLL_OUT_SECONDS, SMOKE_IMAGES, WEBHOOK_URL,
)  # fmt: skip
