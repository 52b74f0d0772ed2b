"""The answer for one image."""

from enum import StrEnum

from pydantic import BaseModel, Field


class Score(BaseModel):
    """One class and how likely it is."""

    label: str
    probability: float = Field(ge=0, le=1)


class Decision(StrEnum):
    """Whether the model stands by its label."""

    CONFIDENT = "confident"
    UNSURE = "unsure"
    """Too close a call between the classes."""
    UNKNOWN = "unknown"
    """Unlike everything the model was trained on, so its classes say nothing."""


class Prediction(BaseModel):
    """The model's answer for one image."""

    label: str
    decision: Decision
    scores: list[Score] = Field(description="Most likely first.")
    ood_score: float | None = Field(
        None, description="How unlike the training images it is; above 1 it is `unknown`. None from older models."
    )
    width: int = Field(description="Width of the image, in pixels.")
    height: int = Field(description="Height of the image, in pixels.")
    infer_ms: float = Field(description="Inference in milliseconds; the image's share where several are run together.")
