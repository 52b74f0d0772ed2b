"""A registered model version."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

PRODUCTION_ALIAS = "production"
CHALLENGER_ALIAS = "challenger"


class ModelRef(BaseModel):
    """The model version that answered; `digest` identifies the artefact itself."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    digest: str = Field(description="sha256 of the bundle.")


class RefusedModel(BaseModel):
    """A version in production that a worker host does not serve, and why."""

    model_config = ConfigDict(frozen=True)

    model: ModelRef
    reason: str
    at: datetime


class GateDecision(StrEnum):
    """What a training run's gate says of its model."""

    PROMOTED = "promoted"
    """Better, or as good by more images, by rule: it goes into production."""
    KEPT = "kept"
    """Kept in the registry: the present model stays, as the new one is not shown to be better."""
    REFUSED = "refused"
    """Worse, useless or broken: it goes into production by force only."""


class GateRecord(BaseModel):
    """What was decided about a version, and why."""

    model_config = ConfigDict(frozen=True)

    decision: GateDecision
    reason: str
    champion: str = ""
    """The version it was compared with; empty when there was none."""
    gain: float | None = None
    """Its hold-out accuracy less the champion's."""
    p_value: float | None = None
    """Of the paired test, two-sided."""


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
    decision: str = Field("", description="What the gate decided: promoted, kept or refused.")
    reason: str = ""
    champion: str = Field("", description="The version that it was compared with.")
    gain: float | None = Field(None, description="Its hold-out accuracy less the champion's, on the same images.")
    p_value: float | None = Field(None, description="Of the paired test (exact McNemar, two-sided).")
