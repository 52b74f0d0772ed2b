"""A registered model version."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class ModelRef(BaseModel):
    """The model version that answered; `digest` identifies the artefact itself."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    digest: str = Field(description="sha256 of the bundle.")


class ModelInfo(BaseModel):
    """A registered model version, as its bundle describes it."""

    model_config = ConfigDict(protected_namespaces=())

    ref: ModelRef
    aliases: list[str]
    architecture: str
    classes: list[str]
    image_size: int
    dataset_digest: str
    holdout_accuracy: float | None
    created_at: datetime | None = None
    run_id: str | None = None
    decision: str = ""
    reason: str = ""
