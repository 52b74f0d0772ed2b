"""What is reported of the answers' quality."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from meadow.schemas.models import ModelRef


class Dimension(StrEnum):
    """What is counted of every answer."""

    PREDICTIONS = "predictions"
    """Which class it is."""
    CONFIDENCE = "confidence"
    """How probable the class is."""
    INPUT = "input"
    """How unlike the training images the picture is."""
    DECISIONS = "decisions"
    """Confident, unsure or unknown; follows from the other two."""


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


class QualityRule(BaseModel):
    """When a difference counts."""

    model_config = ConfigDict(frozen=True)

    min_images: int = Field(description="Fewest images in a window for detecting drift.")
    max_psi: float = Field(description="Population stability index above which a significant change is drift.")
    significance: float = Field(description="p-value below which a change is significant.")
    min_labels: int = Field(description="Fewest labels in a window for detecting a performance drop.")
    max_accuracy_drop: float = Field(description="Largest accepted drop of labelled accuracy below the hold-out's.")


class QualityReport(BaseModel):
    """The quality of the production model's answers within a window of time."""

    model_config = ConfigDict(protected_namespaces=(), serialize_by_alias=True, validate_by_name=True)

    model: ModelRef | None = Field(description="The version in production; null when there is none.")
    window_hours: int
    since: datetime = Field(alias="from")
    until: datetime = Field(alias="to")
    rule: QualityRule = Field(description="What the verdict follows from.")
    verdict: Verdict
    reasons: list[str] = Field(description="A sentence for each finding.")
    images: int = Field(description="Images that this version has answered.")
    decisions: dict[str, int] = Field(description="Answers by decision.")
    classes: dict[str, int] = Field(description="Answers by class.")
    accuracy: LabelledAccuracy
    drift: list[DimensionDrift] = Field(description="Empty for versions that carry no reference.")
