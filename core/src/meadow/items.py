"""The images of a batch, and their answers."""

from enum import StrEnum

from pydantic import BaseModel, Field

from meadow.jobs.model import JobError
from meadow.predictions import Prediction


class ItemState(StrEnum):
    """State of one image of a batch."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ItemResult(BaseModel):
    """One image of a batch: its name in the batch, and its answer or its error."""

    item: str
    state: ItemState
    prediction: Prediction | None = None
    error: JobError | None = None


class ItemPage(BaseModel):
    """A page of results, in the order of the packs."""

    items: list[ItemResult]
    next_page_token: str = Field("", description="Empty at the end.")
