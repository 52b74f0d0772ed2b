"""`/v1/models`: the registered model versions, and which of them is in production."""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from meadow.schemas.models import ModelInfo
from meadow.schemas.problems import ProblemCode
from meadow.schemas.promotion import ModelDetail, ProductionChange
from meadow_api.auth import Caller
from meadow_api.idempotency import REPLAYED_HEADER, IdempotencyHeader
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import problems
from meadow_api.strict_body import strictly
from meadow_core.errors import ProblemError
from meadow_core.jobs import keys
from meadow_core.registry.production import MAX_REASON_CHARACTERS, Production

NO_CONTROL_CHARACTERS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""Escaped, they take six times the room, and MLflow limits that."""
LOCK_SECONDS = 120
"""Longer than MLflow is waited for; then a gateway that died holds nobody up."""
LOCK_WAIT_SECONDS = 10
RETRY_AFTER_LOCK_SECONDS = 5

router = APIRouter(prefix="/v1", tags=["models"])


class Rollback(BaseModel):
    """Why production goes back."""

    reason: str = Field(
        "",
        max_length=MAX_REASON_CHARACTERS,
        pattern=NO_CONTROL_CHARACTERS,
        description="Kept in the history; without control characters, but for tabs and line breaks.",
    )


class PromotionRequest(Rollback):
    """Why a version is to be in production."""

    force: bool = Field(
        default=False, description="Promote it although the gate refused it, or although it carries no bundle digest."
    )


@router.get("/models", summary="List the model versions, newest first")
async def list_models(
    gateway: Gateway,
) -> list[ModelInfo]:
    """With what was decided about each, and why."""
    return await asyncio.to_thread(gateway.registry.versions)


@router.get("/models/current", summary="Read the model in production", responses=problems(404))
async def read_current_model(
    gateway: Gateway,
) -> ModelInfo:
    """The version that workers load for new jobs."""
    info = await asyncio.to_thread(gateway.registry.production)
    if info is None:
        raise ProblemError(ProblemCode.NO_MODEL, "No model is in production yet. Train one: meadow train DATASET.")
    return info


@router.get("/models/{version}", summary="Read a model version", responses=problems(404))
async def read_model(version: str, gateway: Gateway) -> ModelDetail:
    """With each time that it came into production."""
    return await asyncio.to_thread(Production(gateway.registry).detail, version)


@router.post(
    "/models/{version}:promote",
    summary="Put a version into production",
    responses=problems(404, 409),
)
async def promote_model(
    version: str,
    response: Response,
    gateway: Gateway,
    caller: Caller,
    key: IdempotencyHeader,
    asked: Annotated[PromotionRequest, strictly(PromotionRequest)] | None = None,
) -> ProductionChange:
    """Nothing changes if it is there already. Workers take it up within seconds, between two jobs."""
    asked = asked or PromotionRequest()
    production = Production(gateway.registry)
    return await _change(
        gateway,
        response,
        lambda: production.promote(
            version, by=caller, reason=asked.reason, force=asked.force, request=_request(caller, key)
        ),
    )


@router.post(
    "/models:rollback",
    summary="Put back the version that served before",
    responses=problems(404, 409),
)
async def roll_back(
    response: Response,
    gateway: Gateway,
    caller: Caller,
    key: IdempotencyHeader,
    asked: Annotated[Rollback, strictly(Rollback)] | None = None,
) -> ProductionChange:
    """Each rollback goes one version further back. Send an `Idempotency-Key`, so that a repetition does not."""
    reason = asked.reason if asked else ""
    production = Production(gateway.registry)
    return await _change(
        gateway, response, lambda: production.rollback(by=caller, reason=reason, request=_request(caller, key))
    )


async def _change(gateway: Resources, response: Response, change: Callable[[], ProductionChange]) -> ProductionChange:
    """Change production, one request at a time over all gateways.

    Raises:
        ProblemError: Another change takes too long (503).
    """
    lock = gateway.redis.lock(keys.PRODUCTION_LOCK, timeout=LOCK_SECONDS, blocking_timeout=LOCK_WAIT_SECONDS)
    if not await lock.acquire():
        raise ProblemError(
            ProblemCode.UNAVAILABLE,
            f"Another change of production has been under way for more than {LOCK_WAIT_SECONDS} s; this one was not "
            f"begun. Try again in {RETRY_AFTER_LOCK_SECONDS} s.",
            retry_after=RETRY_AFTER_LOCK_SECONDS,
        )
    try:
        changed = await asyncio.to_thread(change)
    finally:
        await lock.release()
    if not changed.changed:
        response.headers[REPLAYED_HEADER] = "true"
    return changed


def _request(caller: str, key: str) -> str:
    return f"{caller}\n{key}" if key else ""
