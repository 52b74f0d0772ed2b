"""What people say of an answer."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

MAX_NOTE_CHARACTERS = 500


class LabelOrigin(StrEnum):
    """How an image came to the label that a person gave it."""

    CORRECTION = "correction"
    """The image was sent with its label."""
    FEEDBACK = "feedback"
    """The answer of a job was corrected or confirmed."""
    REVIEW = "review"
    """It was among the uncertain ones that were kept to be looked at."""


class FeedbackRequest(BaseModel):
    """What an image really shows."""

    label: str = Field(description="A class of the model in production; the predicted one confirms it.")
    new_class: bool = Field(default=False, description="The label is a class that the model does not have yet.")
    note: str = Field("", max_length=MAX_NOTE_CHARACTERS)


class Feedback(BaseModel):
    """What a person said of a job's answer; the last word counts, all are kept."""

    label: str
    right: bool = Field(description="Whether the model had said so.")
    sha256: str = Field("", description="The image's content.")
    note: str = ""
    caller: str = ""
    at: datetime
