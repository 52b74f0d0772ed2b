"""An image that waits for a person."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from meadow.schemas.models import ModelRef
from meadow.schemas.predictions import Prediction


class ReviewItem(BaseModel):
    """An uncertain answer; its image lies beside it."""

    model_config = ConfigDict(protected_namespaces=())

    id: str = Field(description="sha256 of the image.")
    created_at: datetime
    prediction: Prediction
    model: ModelRef
    job_id: str
    name: str = Field("", description="What the submitter calls the image.")


class ReviewPage(BaseModel):
    """A page of them, newest first."""

    items: list[ReviewItem]
    total: int
    next_page_token: str = Field("", description="Empty at the end.")
