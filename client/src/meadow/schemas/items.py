"""The images of a batch, and their answers."""

from enum import StrEnum

from pydantic import BaseModel, Field

from meadow.schemas.jobs import JobError
from meadow.schemas.predictions import Decision, Prediction


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

    @classmethod
    def failure(cls, item: str, code: str, detail: str) -> "ItemResult":
        """Describe an image without an answer."""
        return cls(item=item, state=ItemState.FAILED, error=JobError(code=code, detail=detail))


class ItemFilter(BaseModel):
    """Which results of a batch are asked for; what is left out is not looked at."""

    label: str | None = Field(None, description="Only images of this predicted class.")
    decision: Decision | None = Field(None, description="Only answers of this decision.")
    state: ItemState | None = Field(None, description="Only images in this state.")

    @property
    def takes_all(self) -> bool:
        """Whether nothing is left out."""
        return self.label is None and self.decision is None and self.state is None

    def takes(self, result: ItemResult) -> bool:
        """Whether a result is asked for."""
        answer = result.prediction
        return (
            self.state in {None, result.state}
            and (self.label is None or (answer is not None and answer.label == self.label))
            and (self.decision is None or (answer is not None and answer.decision is self.decision))
        )


class ItemPage(BaseModel):
    """A page of results, in the order of the packs."""

    items: list[ItemResult]
    next_page_token: str = Field("", description="Empty at the end.")
