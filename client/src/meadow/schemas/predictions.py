"""The answer for one image."""

import base64
import binascii
from enum import StrEnum

from pydantic import BaseModel, Field

MAX_EMBEDDING_CHARACTERS = 1024


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
    embedding: str | None = Field(
        None,
        max_length=MAX_EMBEDDING_CHARACTERS,
        description="What the image looks like to the model: signed bytes in URL-safe base64, comparable within one "
        "model version by their cosine. None from older models.",
    )
    width: int = Field(description="Width of the image, in pixels.")
    height: int = Field(description="Height of the image, in pixels.")
    infer_ms: float = Field(description="Inference in milliseconds; the image's share where several are run together.")


def pack_embedding(signed_bytes: bytes) -> str:
    """Write a compact embedding as `Prediction.embedding` has it."""
    return base64.urlsafe_b64encode(signed_bytes).decode().rstrip("=")


def unpack_embedding(text: str) -> bytes:
    """Read what `pack_embedding` wrote.

    Raises:
        ValueError: It is no URL-safe base64.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(f"An embedding is URL-safe base64: {error}.") from error
