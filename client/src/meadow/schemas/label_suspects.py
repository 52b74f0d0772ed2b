"""Images of a data set whose label is probably wrong."""

from datetime import datetime

from pydantic import BaseModel, Field

from meadow.schemas.split import Split


class LabelSuspect(BaseModel):
    """One image whose label models contradict that were not trained on it."""

    sha256: str = Field(description="Digest of the image's bytes: its name.")
    label: str = Field(description="The label it has.")
    suggested: str = Field(description="The label it probably should have.")
    probability: float = Field(description="Probability of the suggested label.")
    label_probability: float = Field(description="Probability of the label it has.")
    source: str = Field(description="Where the image came from, for people: a path or an address.")
    split: Split


class LabelSuspects(BaseModel):
    """What the last training run on a data set says about its labels."""

    name: str = Field(description="The data set's name.")
    version: str = Field(description="Digest of the version that was examined.")
    examined_at: datetime
    images: int = Field(description="How many images were examined.")
    suspects: list[LabelSuspect] = Field(description="The most certain one first.")
