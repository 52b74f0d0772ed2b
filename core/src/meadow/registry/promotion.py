"""One change of production, as it is written down."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from meadow import names
from meadow.registry.model import ModelInfo


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

    @property
    def tag(self) -> str:
        """The registered model's tag that holds it; in the order of the changes."""
        return f"{names.PROMOTION_TAG_PREFIX}{self.at:%Y%m%dT%H%M%S.%fZ}"


class ModelDetail(ModelInfo):
    """A version, and each time that it came into production."""

    promotions: list[Promotion] = Field(default_factory=list, description="Oldest first.")


class ProductionChange(BaseModel):
    """What came of a promotion or a rollback."""

    model_config = ConfigDict(protected_namespaces=())

    changed: bool = Field(description="False when it was so already: nothing was written.")
    model: ModelInfo = Field(description="The version in production now.")
    promotion: Promotion | None = Field(None, description="The change that brought it there, if that is on record.")


def served_in_order(history: list[Promotion], current: str) -> list[str]:
    """Return the versions to go back by, the one in production last.

    A promotion is a step forward, a rollback takes one back, so that rolling back twice goes back twice.

    Args:
        history: Oldest first.
        current: In production now, whoever put it there.
    """
    served: list[str] = []
    for change in history:
        if change.kind is PromotionKind.ROLLED_BACK:
            _return_to(served, change.version)
            continue
        if change.previous:
            _return_to(served, change.previous)
        served.append(change.version)
    _return_to(served, current)
    return served


def _return_to(served: list[str], version: str) -> None:
    """Make a version the last one: by steps back if it has served, else by one forward, taken outside of Meadow."""
    if version in served:
        while served[-1] != version:
            served.pop()
    else:
        served.append(version)
