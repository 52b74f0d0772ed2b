"""`GET /v1/quality`: how good the production model's answers are, as far as can be told."""

from typing import Annotated

from fastapi import APIRouter, Query

from meadow.schemas.quality import QualityReport
from meadow_api.quality_reading import read_quality as read_quality_of
from meadow_api.resources import Gateway

router = APIRouter(prefix="/v1", tags=["quality"])

MOST_HOURS = 24 * 90


@router.get("/quality", summary="Read accuracy and drift")
async def read_quality(
    gateway: Gateway,
    window_hours: Annotated[
        int, Query(ge=1, le=MOST_HOURS, description="How far to look back, in whole hours; the current one counts.")
    ] = 24,
) -> QualityReport:
    """What people labelled, and whether inputs and answers are distributed as the hold-out's were."""
    reading = await read_quality_of(gateway.redis, gateway.registry, gateway.settings, window_hours)
    return reading.report
