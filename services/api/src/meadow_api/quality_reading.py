"""Working out the quality of the production model's answers, for people and for Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from meadow.schemas.models import ModelInfo
from meadow.schemas.quality import Dimension, QualityReport
from meadow_core.background import in_own_thread
from meadow_core.quality.counts import of_dimension
from meadow_core.quality.judgement import judge_accuracy, judge_drift, overall, quality_rule
from meadow_core.quality.window import HOUR_SECONDS, read_counts
from meadow_core.registry.versions import ModelRegistry
from meadow_core.settings.services import ApiSettings


@dataclass(frozen=True)
class QualityReading:
    """The report, and what it was made from."""

    report: QualityReport
    model: ModelInfo | None
    counts: Mapping[str, int]


async def read_quality(
    redis: Redis, registry: ModelRegistry, settings: ApiSettings, window_hours: int
) -> QualityReading:
    """Judge the answers of the last hours by the rule that the settings describe.

    Raises:
        RegistryError: MLflow does not answer.
        RedisError: Redis does not.
    """
    hours = min(window_hours, max(1, settings.quality_seconds // HOUR_SECONDS))
    model, reference = await in_own_thread(lambda: _production(registry))
    seen = await read_counts(redis, model.ref.version, hours) if model else {}
    rule = quality_rule(settings)
    drift, drifted = judge_drift(reference, seen, rule) if reference else ([], [])
    accuracy, dropped = judge_accuracy(seen, model.holdout_accuracy if model else None, rule)
    decisions = of_dimension(seen, Dimension.DECISIONS)
    now = datetime.now(UTC)
    report = QualityReport(
        model=model.ref if model else None,
        window_hours=hours,
        since=now - timedelta(hours=hours),
        until=now,
        rule=rule,
        verdict=overall(accuracy, drift),
        reasons=[*dropped, *drifted],
        images=sum(decisions.values()),
        decisions=decisions,
        classes=of_dimension(seen, Dimension.PREDICTIONS),
        accuracy=accuracy,
        drift=drift,
    )
    return QualityReading(report, model, seen)


def _production(registry: ModelRegistry) -> tuple[ModelInfo | None, dict[str, int]]:
    model = registry.production()
    return model, registry.answer_reference(model.ref) if model else {}
