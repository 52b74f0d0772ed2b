"""`GET /v1/quality`: how good the production model's answers are, as far as can be told."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from meadow.quality.counts import Dimension, of_dimension
from meadow.quality.judgement import QualityRule, judge_accuracy, judge_drift, overall
from meadow.quality.model import QualityReport
from meadow.quality.window import HOUR_SECONDS, read_counts
from meadow.registry.model import ModelInfo
from meadow_api.resources import Gateway, Resources
from meadow_api.responses import problems

router = APIRouter(prefix="/v1", tags=["quality"])

MOST_HOURS = 24 * 90


@router.get("/quality", summary="Read accuracy and drift", responses=problems(401, 422, 503))
async def read_quality(
    gateway: Gateway,
    window_hours: Annotated[
        int, Query(ge=1, le=MOST_HOURS, description="How far to look back, in whole hours; the current one counts.")
    ] = 24,
) -> QualityReport:
    """What people labelled, and whether inputs and answers are distributed as the hold-out's were."""
    hours = min(window_hours, max(1, gateway.settings.quality_seconds // HOUR_SECONDS))
    model, reference = await asyncio.to_thread(_production, gateway)
    seen = await read_counts(gateway.redis, model.ref.version, hours) if model else {}
    rule = QualityRule.from_settings(gateway.settings)
    drift, drifted = judge_drift(reference, seen, rule) if reference else ([], [])
    accuracy, dropped = judge_accuracy(seen, model.holdout_accuracy if model else None, rule)
    decisions = of_dimension(seen, Dimension.DECISIONS)
    now = datetime.now(UTC)
    return QualityReport(
        model=model.ref if model else None,
        window_hours=hours,
        since=now - timedelta(hours=hours),
        until=now,
        verdict=overall(accuracy, drift),
        reasons=[*dropped, *drifted],
        images=sum(decisions.values()),
        decisions=decisions,
        classes=of_dimension(seen, Dimension.PREDICTIONS),
        accuracy=accuracy,
        drift=drift,
    )


def _production(gateway: Resources) -> tuple[ModelInfo | None, dict[str, int]]:
    model = gateway.registry.production()
    return model, gateway.registry.answer_reference(model.ref) if model else {}
