"""`/v1/models`: the registered model versions."""

import asyncio

from fastapi import APIRouter

from meadow.problems import ProblemError, ProblemTypes
from meadow.registry.model import ModelInfo
from meadow_api.resources import Gateway
from meadow_api.responses import problems

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("", summary="List the model versions, newest first", responses=problems(401, 503))
async def list_models(
    gateway: Gateway,
) -> list[ModelInfo]:
    """With what was decided about each, and why."""
    return await asyncio.to_thread(gateway.registry.versions)


@router.get("/current", summary="Read the model in production", responses=problems(401, 404, 503))
async def read_current_model(
    gateway: Gateway,
) -> ModelInfo:
    """The version that workers load for new jobs."""
    info = await asyncio.to_thread(gateway.registry.production)
    if info is None:
        raise ProblemError(ProblemTypes.NO_MODEL, "No model is in production yet. Train one: meadow train DATASET.")
    return info
