"""One change of production, as it is written down."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from meadow.schemas.models import ModelInfo


class PromotionKind(StrEnum):
    """Which way production went."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled-back"


class Promotion(BaseModel):
    """A version that came into production: when, instead of which, by whom and why."""

    model_config = ConfigDict(frozen=True)

    version: str
    previous: str = Field("", description="The version that left production; empty when there was none.")
    kind: PromotionKind
    at: datetime
    by: str = Field(description="The trainer, or the caller's API key by its name.")
    reason: str = ""
    request: str = Field("", description="Digest of the request's idempotency key.")


class ModelDetail(ModelInfo):
    """A version, and each time that it came into production."""

    promotions: list[Promotion] = Field(default_factory=list, description="Oldest first.")


class ProductionChange(BaseModel):
    """What came of a promotion or a rollback."""

    model_config = ConfigDict(protected_namespaces=())

    changed: bool = Field(description="False when it was so already: nothing was written.")
    model: ModelInfo = Field(description="The version in production now.")
    promotion: Promotion | None = Field(None, description="The change that brought it there, if that is on record.")
