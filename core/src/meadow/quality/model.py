"""What is reported of the answers' quality."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from meadow.quality.counts import Dimension
from meadow.registry.model import ModelRef


class Verdict(StrEnum):
    """What the numbers say."""

    OK = "ok"
    TOO_FEW = "too-few"
    """Too few images or labels to say."""
    DRIFT = "drift"
    """What comes in, or what is answered, is distributed otherwise than when the model was measured."""
    PERFORMANCE_DROP = "performance-drop"
    """Fewer answers are right, as people say, than were on the hold-out."""


class LabelledAccuracy(BaseModel):
    """How many of the answers that people labelled are right. People label what looks wrong, so this leans low."""

    labelled: int
    right: int
    share: float | None = None
    low: float | None = Field(None, description="Lower end of Wilson's 95 % interval.")
    high: float | None = Field(None, description="Upper end.")
    reference: float | None = Field(None, description="The model's accuracy on its hold-out.")
    verdict: Verdict


class DimensionDrift(BaseModel):
    """One distribution, against that of the hold-out's answers."""

    name: Dimension
    images: int
    psi: float | None = Field(None, description="Population stability index: 0.1 is moderate, 0.25 large.")
    p_value: float | None = Field(None, description="Of Pearson's chi-square test of homogeneity.")
    verdict: Verdict


class QualityReport(BaseModel):
    """The quality of the production model's answers within a window of time."""

    model_config = ConfigDict(protected_namespaces=(), serialize_by_alias=True, validate_by_name=True)

    model: ModelRef | None = Field(description="The version in production; null when there is none.")
    window_hours: int
    since: datetime = Field(alias="from")
    until: datetime = Field(alias="to")
    verdict: Verdict
    reasons: list[str] = Field(description="A sentence for each finding.")
    images: int = Field(description="Images that this version has answered.")
    decisions: dict[str, int] = Field(description="Answers by decision.")
    classes: dict[str, int] = Field(description="Answers by class.")
    accuracy: LabelledAccuracy
    drift: list[DimensionDrift] = Field(description="Empty for versions that carry no reference.")
