"""What a training run is asked for, and what it led to."""

from enum import StrEnum

from pydantic import BaseModel, Field

from meadow.schemas.models import GateDecision, ModelRef
from meadow.schemas.training_config import TrainingConfig


class TrainingCause(StrEnum):
    """Why a training run was started."""

    MANUAL = "manual"
    NEW_DATA = "new-data"
    """Enough new images."""
    SCHEDULE = "schedule"
    """It was time."""
    DRIFT = "drift"
    """What comes in is unlike what was trained on."""
    PERFORMANCE = "performance"
    """Too many answers are wrong, as people say."""


class TrainingRequest(TrainingConfig):
    """What to train on, and how; what is left out takes the trainer's default."""

    dataset: str = Field(description="Name of a published data set.", examples=["demo"])
    dataset_version: str | None = Field(
        None, description="A version's digest, or how it begins; the newest when left out."
    )
    cause: TrainingCause = Field(TrainingCause.MANUAL, description="Why it is started; kept with the job and the run.")

    @property
    def config(self) -> TrainingConfig:
        """How to train."""
        return TrainingConfig.model_validate(self.model_dump(include=set(TrainingConfig.model_fields)))


class TrainingResult(BaseModel):
    """What a training run led to."""

    dataset: str = ""
    dataset_version: str = Field("", description="Digest of the version that was trained on.")
    run_id: str
    run_url: str
    model: ModelRef
    holdout_accuracy: float
    champion_accuracy: float | None = None
    champion_version: str = Field("", description="The model in production that it was compared with, if any.")
    gain: float | None = Field(None, description="Its hold-out accuracy less the champion's.")
    p_value: float | None = Field(None, description="Of the paired test on the same hold-out images, two-sided.")
    decision: GateDecision
    reason: str
