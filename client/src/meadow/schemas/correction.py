"""What a person says about an image."""

from datetime import datetime

from pydantic import BaseModel

from meadow.schemas.feedback import LabelOrigin

MAX_LABEL_BYTES = 64
"""In UTF-8. Quoted, it must fit into a file's name, which is what some object stores make of a key."""


class Correction(BaseModel):
    """A person says what an image shows."""

    sha256: str
    """The image's content."""
    label: str
    new_class: bool = False
    """Whether the person said that the class is a new one."""
    name: str = ""
    predicted: str = ""
    """The label that the model gave."""
    model_version: str = ""
    job_id: str = ""
    origin: LabelOrigin = LabelOrigin.CORRECTION
    caller: str = ""
    created_at: datetime


class CorrectionCounts(BaseModel):
    """How many images have a corrected label."""

    total: int
    labels: dict[str, int]
    newest_at: datetime | None = None
