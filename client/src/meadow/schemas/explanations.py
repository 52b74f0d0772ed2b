"""Why a model answered as it did: how much the answer depends on each part of the image."""

from enum import StrEnum

from pydantic import BaseModel, Field


class ExplanationState(StrEnum):
    """What has become of an explanation that was asked for."""

    PENDING = "pending"
    """The job is not finished."""
    READY = "ready"
    UNAVAILABLE = "unavailable"
    """There is none and there will be none; the answer itself is not touched by that."""


class Explanation(BaseModel):
    """Whether a job's explanation is there, and if not, why."""

    state: ExplanationState
    detail: str = Field("", description="Why there is none.")


class ExplanationMap(BaseModel):
    """What hiding each part of an image does to its answer (occlusion sensitivity, Zeiler and Fergus 2014)."""

    label: str = Field(description="The answer that is explained.")
    width: int = Field(description="Width of the upright image, in pixels.")
    height: int = Field(description="Height of the upright image, in pixels.")
    box: tuple[float, float, float, float] = Field(
        description="What the model sees of the image: left, top, right, bottom, in pixels. The cells divide it evenly."
    )
    drops: list[list[float]] = Field(
        description="Rows of cells from the top, each from the left: by how much the natural logarithm of the "
        "answer's odds falls when the surroundings of the cell are hidden. Below zero, hiding them makes it surer."
    )
